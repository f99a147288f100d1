// SPDX-License-Identifier: GPL-2.0-or-later
#include "sweep.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "../base/array.h"
#include "../base/error.h"
#include "../base/processors.h"
#include "../mm/memmap.h"

enum {
	PART = 1 << 15,     /* struct pages, some milliseconds' work; parts start at multiples */
	FULL = 1024,        /* entries after which a part is handed over as far as it is */
	MAX_JOBS = 64,      /* no memory keeps more of them busy */
	SPARE = 4,          /* parts that wait for their turn, beside one a thread */
	STACK = 512 << 10,
	POLL_MS = 100,
};

/* ---- the map in parts ----------------------------------------------------------------------- */

struct cursor {
	const struct khs_extents *sections;
	size_t i;
	uint64_t pfn; /* in that section */
};

/* The next piece of an online section. */
static bool next_range(struct cursor *c, uint64_t *start, uint64_t *end)
{
	for (; c->i < c->sections->n; c->i++) {
		const struct khs_extent *section = &c->sections->v[c->i];

		if (c->pfn < section->start)
			c->pfn = section->start;
		if (c->pfn >= section->end || !(section->tag & KHS_SECTION_ONLINE))
			continue;
		*start = c->pfn;
		*end = (c->pfn | (PART - 1)) + 1;
		if (*end > section->end)
			*end = section->end;
		c->pfn = *end;
		return true;
	}
	return false;
}

/* ---- one thread's tools --------------------------------------------------------------------- */

struct sifter {
	struct khs_dump *dump; /* NULL: it uses the kernel's own */
	struct khs_vm *vm;
	struct khs_memmap map;
	struct khs_sift sift;
	const atomic_bool *stop; /* NULL: nobody will say so */
};

static void sifter_deinit(struct sifter *t)
{
	khs_memmap_deinit(&t->map);
	if (!t->dump)
		return;
	khs_vm_free(t->vm);
	khs_dump_close(t->dump);
}

/*
 * Without @own, it is for the caller's thread. False: no memory, or no reader for another thread.
 */
static bool sifter_init(struct sifter *t, const struct khs_mem *mem, const struct khs_kho *kho,
			bool own)
{
	struct khs_kernel *kernel = mem->kernel;

	*t = (struct sifter){ .vm = kernel->vm };
	if (own) {
		t->dump = khs_dump_clone(kernel->dump);
		t->vm = t->dump ? khs_vm_clone(kernel->vm, t->dump) : NULL;
	}
	khs_sift_init(&t->sift, mem, kho);
	if (t->vm && khs_memmap_init(&t->map, mem, t->vm))
		return true;
	sifter_deinit(t);
	return false;
}

static struct khs_sifted *add(struct khs_part *part, uint64_t pfn, uint64_t pages,
			      enum khs_presence presence)
{
	struct khs_sifted *last = part->n ? &part->v[part->n - 1] : NULL;

	if (presence != KHS_PRESENT) {
		part->absent += pages;
		if (last && last->presence == presence && last->pfn + last->pages == pfn) {
			last->pages += pages;
			return last;
		}
	}
	if (!khs_array_grow(part->v, part->n, part->cap))
		return NULL;
	last = &part->v[part->n++];
	last->pfn = pfn;
	last->pages = pages;
	last->presence = presence;
	return last;
}

static bool sift_piece(struct sifter *t, const struct khs_memmap_piece *piece,
		       struct khs_part *part)
{
	const size_t size = t->map.mem->layout.size;

	for (uint64_t i = 0; i < piece->pages; i++) {
		struct khs_sifted *found;

		i += khs_sift(&t->sift, piece->pfn + i, piece->pages - i, piece->raw + i * size);
		if (i == piece->pages)
			break;
		found = add(part, piece->pfn + i, 1, KHS_PRESENT);
		if (!found)
			return false;
		memcpy(found->raw, piece->raw + i * size, size);
	}
	return true;
}

static void begin(struct sifter *t, struct khs_part *part, uint64_t pfn)
{
	part->pfn = pfn;
	part->pages = part->absent = 0;
	part->n = 0;
	khs_sift_begin(&t->sift, t->vm, pfn);
}

/* Goes on with @part until @end, until it is full or is not wanted. False without memory. */
static bool sift_part(struct sifter *t, uint64_t end, struct khs_part *part)
{
	while (part->pfn + part->pages < end && part->n < FULL && !(t->stop && *t->stop)) {
		struct khs_memmap_piece piece;

		piece = khs_memmap_next(&t->map, part->pfn + part->pages, end);
		part->pages += piece.pages;
		if (piece.presence != KHS_PRESENT) {
			if (!add(part, piece.pfn, piece.pages, piece.presence))
				return false;
		} else if (!sift_piece(t, &piece, part)) {
			return false;
		}
	}
	return true;
}

/* ---- on the caller's thread ----------------------------------------------------------------- */

struct visitor {
	const struct khs_mem *mem;
	struct khs_error *(*visit)(void *arg, const struct khs_part *part);
	void *arg;
};

static struct khs_error *hand_over(const struct visitor *to, const struct khs_part *part)
{
	if (khs_kernel_interrupted(to->mem->kernel))
		return khs_error_new(KHS_ERR_INTERRUPTED, "interrupted");
	return to->visit(to->arg, part);
}

static struct khs_error *sweep_alone(const struct visitor *to, struct cursor *cursor,
				     struct sifter *t)
{
	struct khs_part part = { 0 };
	struct khs_error *err = NULL;
	uint64_t pfn, end;

	while (!err && next_range(cursor, &pfn, &end)) {
		for (; !err && pfn < end; pfn += part.pages) {
			begin(t, &part, pfn);
			err = sift_part(t, end, &part) ? hand_over(to, &part) : khs_enomem();
		}
	}
	free(part.v);
	return err;
}

/* ---- on threads of its own ------------------------------------------------------------------ */

enum slot_state { SLOT_FREE, SLOT_TAKEN, SLOT_READY };

/* A part that a thread is at, or that waits for its turn. */
struct slot {
	struct khs_part part;
	uint64_t end;
	enum slot_state state;
	bool last;  /* @part is the rest of what was taken */
	bool nomem;
};

struct sweep;

struct worker {
	struct sweep *sweep;
	struct sifter sifter;
	pthread_t thread;
};

/* Ranges are taken, and their parts visited, in turn: slot @i of @slots is turn i's. */
struct sweep {
	pthread_mutex_t lock; /* of all below, but for the part of a slot that is TAKEN */
	pthread_cond_t room, ready;
	struct cursor cursor;
	struct slot *slots;
	size_t nr_slots;
	uint64_t taken, visited; /* turns */
	bool exhausted;
	atomic_bool stop; /* set with the lock held, read without it, too */
	struct worker *workers;
	size_t nr_workers;
};

static struct slot *slot_of(struct sweep *s, uint64_t turn)
{
	return &s->slots[turn % s->nr_slots];
}

/* With the lock held. NULL: there is nothing left to do. */
static struct slot *take(struct sweep *s, uint64_t *pfn)
{
	struct slot *slot;

	while (!s->stop && !s->exhausted && s->taken - s->visited == s->nr_slots)
		pthread_cond_wait(&s->room, &s->lock);
	if (s->stop || s->exhausted)
		return NULL;
	slot = slot_of(s, s->taken);
	if (!next_range(&s->cursor, pfn, &slot->end)) {
		s->exhausted = true;
		pthread_cond_signal(&s->ready);
		return NULL;
	}
	slot->state = SLOT_TAKEN;
	s->taken++;
	return slot;
}

/* All of what was taken; what is too much for one part waits for the caller in between. */
static void work_on(struct worker *w, struct slot *slot, uint64_t pfn)
{
	struct sweep *s = w->sweep;

	do {
		pthread_mutex_unlock(&s->lock);
		begin(&w->sifter, &slot->part, pfn);
		slot->nomem = !sift_part(&w->sifter, slot->end, &slot->part);
		pfn += slot->part.pages;
		slot->last = slot->nomem || pfn == slot->end;
		pthread_mutex_lock(&s->lock);
		slot->state = SLOT_READY;
		pthread_cond_signal(&s->ready);
		while (!slot->last && !s->stop && slot->state == SLOT_READY)
			pthread_cond_wait(&s->room, &s->lock);
	} while (!slot->last && !s->stop);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	struct sweep *s = w->sweep;
	struct slot *slot;
	uint64_t pfn;

	pthread_mutex_lock(&s->lock);
	while ((slot = take(s, &pfn)))
		work_on(w, slot, pfn);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* With the lock held, but for moments: the part whose turn it is. NULL: all were, or *@err. */
static struct slot *await(struct sweep *s, const struct khs_mem *mem, struct khs_error **err)
{
	struct timespec until;

	while (s->taken == s->visited || slot_of(s, s->visited)->state != SLOT_READY) {
		if (s->exhausted && s->taken == s->visited)
			return NULL;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += POLL_MS * 1000000l;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		if (pthread_cond_timedwait(&s->ready, &s->lock, &until) != ETIMEDOUT)
			continue;
		if (khs_kernel_interrupted(mem->kernel)) {
			*err = khs_error_new(KHS_ERR_INTERRUPTED, "interrupted");
			return NULL;
		}
	}
	return slot_of(s, s->visited);
}

static struct khs_error *visit_all(struct sweep *s, const struct visitor *to)
{
	struct khs_error *err = NULL;
	struct slot *slot;

	pthread_mutex_lock(&s->lock);
	while (!err && (slot = await(s, to->mem, &err))) {
		pthread_mutex_unlock(&s->lock);
		err = slot->nomem ? khs_enomem() : hand_over(to, &slot->part);
		pthread_mutex_lock(&s->lock);
		slot->state = slot->last ? SLOT_FREE : SLOT_TAKEN;
		s->visited += slot->last;
		pthread_cond_broadcast(&s->room);
	}
	s->stop = true;
	pthread_cond_broadcast(&s->room);
	pthread_mutex_unlock(&s->lock);
	return err;
}

/*
 * Signals are for the caller's threads; those that a thread's own mistake raises can't be blocked
 * to any good.
 */
static void block_signals(sigset_t *before)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT };
	sigset_t set;

	sigfillset(&set);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(&set, own[i]);
	pthread_sigmask(SIG_BLOCK, &set, before);
}

/* As many as can be had. */
static void start_workers(struct sweep *s, const struct khs_mem *mem, const struct khs_kho *kho,
			  unsigned int jobs)
{
	pthread_attr_t attr;
	sigset_t before;

	if (pthread_attr_init(&attr))
		return;
	pthread_attr_setstacksize(&attr, STACK);
	block_signals(&before);
	while (s->nr_workers < jobs) {
		struct worker *w = &s->workers[s->nr_workers];

		w->sweep = s;
		if (!sifter_init(&w->sifter, mem, kho, true))
			break;
		w->sifter.stop = &s->stop;
		if (pthread_create(&w->thread, &attr, worker_main, w)) {
			sifter_deinit(&w->sifter);
			break;
		}
		s->nr_workers++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
}

static void join_workers(struct sweep *s)
{
	for (size_t i = 0; i < s->nr_workers; i++) {
		pthread_join(s->workers[i].thread, NULL);
		sifter_deinit(&s->workers[i].sifter);
	}
}

static void sweep_init(struct sweep *s)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->room, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->ready, &attr);
	pthread_condattr_destroy(&attr);
}

static void sweep_deinit(struct sweep *s)
{
	for (size_t i = 0; i < s->nr_slots; i++)
		free(s->slots[i].part.v);
	free(s->slots);
	free(s->workers);
	pthread_cond_destroy(&s->ready);
	pthread_cond_destroy(&s->room);
	pthread_mutex_destroy(&s->lock);
}

/* False, and nothing done: there is no thread to be had. */
static bool sweep_threaded(const struct visitor *to, const struct khs_kho *kho,
			   const struct cursor *cursor, unsigned int jobs, struct khs_error **err)
{
	struct sweep s = {
		.cursor = *cursor,
		.nr_slots = jobs + SPARE,
		.slots = calloc(jobs + SPARE, sizeof(*s.slots)),
		.workers = calloc(jobs, sizeof(*s.workers)),
	};
	bool started;

	sweep_init(&s);
	if (s.slots && s.workers)
		start_workers(&s, to->mem, kho, jobs);
	else
		s.nr_slots = 0;
	started = s.nr_workers;
	if (started)
		*err = visit_all(&s, to);
	join_workers(&s);
	sweep_deinit(&s);
	return started;
}

/* ---- which ---------------------------------------------------------------------------------- */

static unsigned int count_jobs(const struct khs_mem *mem)
{
	unsigned int jobs = mem->kernel->opts.jobs;
	struct cursor c = { .sections = &mem->sections };
	uint64_t parts = 0, start, end;

	if (!jobs)
		jobs = khs_processors();
	while (parts < jobs && next_range(&c, &start, &end))
		parts++;
	if (jobs > parts)
		jobs = parts;
	return jobs < MAX_JOBS ? jobs : MAX_JOBS;
}

struct khs_error *khs_sweep(const struct khs_mem *mem, const struct khs_kho *kho,
			    struct khs_error *(*visit)(void *arg, const struct khs_part *part),
			    void *arg)
{
	const struct visitor to = { mem, visit, arg };
	struct cursor cursor = { .sections = &mem->sections };
	unsigned int jobs = count_jobs(mem);
	struct khs_error *err = NULL;
	struct sifter t;

	if (jobs > 1 && sweep_threaded(&to, kho, &cursor, jobs, &err))
		return err;
	if (!sifter_init(&t, mem, kho, true) && !sifter_init(&t, mem, kho, false))
		return khs_enomem();
	err = sweep_alone(&to, &cursor, &t);
	sifter_deinit(&t);
	return err;
}
