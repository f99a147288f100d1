"use strict";
/*
 * Zoom, hover and the keyboard for the maps. What a map shows is in its rects: data-p and data-e are
 * pfns, the title is what a person reads. Without this script the drawing is whole, and fixed.
 */
(() => {
	const LEFT = 92, WIDTH = 900;
	const said = document.getElementById("said");
	const range = document.getElementById("range");
	const hex = (n) => "0x" + n.toString(16);
	let current = null;

	const say = (text) => { said.textContent = text; };

	class Node {
		constructor(svg) {
			this.svg = svg;
			this.min = this.lo = Number(svg.dataset.start);
			this.max = this.hi = Number(svg.dataset.end);
			this.items = [...svg.querySelectorAll("rect.i")].map((rect) => ({
				rect, p: Number(rect.dataset.p), e: Number(rect.dataset.e),
				text: rect.querySelector("title").textContent,
				finding: rect.classList.contains("finding"),
				least: rect.classList.contains("finding") ? 3 : 1,
			}));
			this.stops = this.items.filter((i) => !i.rect.classList.contains("ram"))
				.sort((a, b) => a.p - b.p || a.e - b.e);
			this.axis = [...svg.querySelectorAll("text.axis")];
			this.at = null;
			svg.addEventListener("focus", () => { current = this; });
			svg.addEventListener("keydown", (e) => this.key(e));
			svg.addEventListener("pointermove", (e) => this.hover(e));
			svg.addEventListener("pointerdown", (e) => this.drag(e));
			svg.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
		}

		x(pfn) { return LEFT + (pfn - this.lo) / (this.hi - this.lo) * WIDTH; }

		/* The pfn under a pointer. */
		pfn(event) {
			const box = this.svg.getBoundingClientRect();
			const x = (event.clientX - box.left) / box.width * this.svg.viewBox.baseVal.width;
			const part = Math.min(Math.max((x - LEFT) / WIDTH, 0), 1);
			return Math.round(this.lo + part * (this.hi - this.lo));
		}

		draw() {
			for (const i of this.items) {
				const from = Math.max(i.p, this.lo), to = Math.min(i.e, this.hi);
				i.rect.style.display = from < to ? "" : "none";
				if (from >= to)
					continue;
				const x = this.x(from), width = Math.max(this.x(to) - x, i.least);
				i.rect.setAttribute("x", Math.min(x, LEFT + WIDTH - width));
				i.rect.setAttribute("width", width);
			}
			this.axis.forEach((text, n) => {
				text.textContent = hex(Math.floor(this.lo + (this.hi - this.lo) * n / (this.axis.length - 1)));
			});
		}

		show(lo, hi) {
			const span = Math.max(Math.round(hi - lo), 8);
			lo = Math.round(Math.min(Math.max(lo, this.min), Math.max(this.max - span, this.min)));
			this.lo = lo;
			this.hi = Math.min(lo + span, this.max);
			this.draw();
			range.value = hex(this.lo) + "-" + hex(this.hi - 1);
		}

		zoom(factor, around) {
			const span = (this.hi - this.lo) * factor;
			const middle = around ?? (this.at ? (this.at.p + this.at.e) / 2 : (this.lo + this.hi) / 2);
			this.show(middle - span / 2, middle + span / 2);
		}

		pan(part) {
			const by = (this.hi - this.lo) * part;
			this.show(this.lo + by, this.hi + by);
		}

		all() { this.show(this.min, this.max); }

		go(item) {
			if (!item)
				return;
			this.at?.rect.classList.remove("at");
			this.at = item;
			item.rect.classList.add("at");
			if (item.e <= this.lo || item.p >= this.hi) {
				const half = (this.hi - this.lo) / 2;
				this.show((item.p + item.e) / 2 - half, (item.p + item.e) / 2 + half);
			}
			say(item.text);
		}

		step(by, wanted) {
			const list = wanted ? this.stops.filter(wanted) : this.stops;
			let n = list.indexOf(this.at);
			if (n < 0)
				n = by > 0 ? list.findIndex((i) => i.p >= (this.at ? this.at.p : this.lo)) - 1 : list.length;
			this.go(list[(n + by + list.length) % list.length]);
		}

		key(event) {
			const keys = {
				ArrowRight: () => this.step(1), ArrowLeft: () => this.step(-1),
				f: () => this.step(1, (i) => i.finding), F: () => this.step(-1, (i) => i.finding),
				"+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2),
				0: () => this.all(), Escape: () => this.all(),
				PageDown: () => this.pan(0.5), PageUp: () => this.pan(-0.5),
				Enter: () => this.at && this.show(this.at.p - (this.at.e - this.at.p) / 2,
					this.at.e + (this.at.e - this.at.p) / 2),
			};
			if (event.ctrlKey || event.altKey || event.metaKey || !keys[event.key])
				return;
			event.preventDefault();
			keys[event.key]();
		}

		hover(event) {
			const item = this.items.find((i) => i.rect === event.target);
			say(item ? item.text : "pfn " + hex(this.pfn(event)));
		}

		wheel(event) {
			if (!event.ctrlKey)
				return;
			event.preventDefault();
			this.zoom(event.deltaY < 0 ? 0.8 : 1.25, this.pfn(event));
		}

		/* From where the button goes down to where it goes up. */
		drag(event) {
			const from = this.pfn(event);
			const band = document.createElementNS("http://www.w3.org/2000/svg", "rect");
			const move = (e) => {
				const to = this.pfn(e), a = this.x(Math.min(from, to)), b = this.x(Math.max(from, to));
				band.setAttribute("x", a);
				band.setAttribute("width", b - a);
			};
			const up = (e) => {
				const to = this.pfn(e);
				band.remove();
				removeEventListener("pointermove", move);
				removeEventListener("pointerup", up);
				if (Math.abs(this.x(to) - this.x(from)) > 8)
					this.show(Math.min(from, to), Math.max(from, to));
			};
			current = this;
			band.setAttribute("class", "band");
			band.setAttribute("y", 0);
			band.setAttribute("height", 98);
			this.svg.append(band);
			addEventListener("pointermove", move);
			addEventListener("pointerup", up);
		}
	}

	const nodes = [...document.querySelectorAll("svg.map")].map((svg) => new Node(svg));
	current = nodes[0];

	/* Zooms into pfns on the map that has them. */
	function showRange(lo, hi) {
		const node = nodes.find((n) => lo < n.max && hi > n.min);
		if (!node)
			return say("no map has pfn " + hex(lo));
		current = node;
		node.show(lo, hi);
		say("pfn " + hex(node.lo) + "-" + hex(node.hi - 1));
		return node;
	}

	const commands = {
		in: () => current?.zoom(0.5), out: () => current?.zoom(2),
		left: () => current?.pan(-0.5), right: () => current?.pan(0.5),
		all: () => { nodes.forEach((n) => n.all()); range.value = ""; },
		next: () => current?.step(1, (i) => i.finding),
	};
	for (const button of document.querySelectorAll("[data-do]"))
		button.addEventListener("click", commands[button.dataset.do]);

	range.addEventListener("keydown", (event) => {
		if (event.key !== "Enter")
			return;
		const [a, b] = range.value.split("-").map((s) => Number(s.trim()));
		if (Number.isFinite(a))
			showRange(a, (Number.isFinite(b) ? b : a) + 1);
		else
			say("a range is written 0x1000-0x1fff");
	});

	/* "On the map", beside a finding. */
	for (const link of document.querySelectorAll("a[data-pfn]"))
		link.addEventListener("click", () => {
			const pfn = Number(link.dataset.pfn), pages = Number(link.dataset.pages);
			const node = showRange(pfn - pages, pfn + 2 * pages);
			node?.go(node.stops.find((i) => i.finding && i.p <= pfn && pfn < i.e));
			node?.svg.focus({ preventScroll: true });
		});

	document.documentElement.classList.add("js");
	if (nodes.length)
		say("Arrow keys go from item to item, f to the next finding; + and - zoom, 0 shows all; drag selects.");
})();
