# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a guest's kernel said it holds preserved (tell.c), from its console, for the dump taken "before"
# the last handover or "after" it (-v when=):
#
#	told OUT IN FILES     of the boot that was dumped: 1 for what it told
#	handed                a boot before it told
#	out|in|handed PFN ORDER     a block: its outgoing map; its marks; the map of the boot before
#	file|came SESSION TOKEN INDEX PFN   a page of a file, of this boot's sessions, and of those that the
#	                      boot before handed to it and nobody asked for yet
#	fault PFN PAGES       what a fault, or what follows from it, is about
#	kept out|in BYTES     of vmalloc areas that the module preserved itself, and nobody asked for yet
#	lost                  the console lacks lines
#
# Numbers are decimal, but for tokens.
function hex(s,   i, n) {
	for (i = 1; i <= length(s); i++)
		n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
	return n
}
function field(key,   s) {
	s = substr($0, index($0, " " key "=") + length(key) + 2)
	sub(/[^0-9a-f].*/, "", s)
	return s
}
function forget() {
	n_out = n_in = n_file = lines_out = lines_in = lines_file = 0
}
function blocks(to, n,   pfn, order, count, i) {
	pfn = hex(field("pfn")); order = field("order") + 0; count = hex(field("blocks"))
	for (i = 0; i < count; i++)
		to[++n] = (i ? pfn + i * 2 ^ order : pfn) " " order # 2 ^ 1024 is too much
	return n
}
function pages(   name, token, at, pfn, count, i) {
	name = $0
	sub(/.*LABFILE /, "", name)
	sub(/ .*/, "", name)
	token = "0x" field("token"); at = hex(field("index"))
	pfn = hex(field("pfn")); count = hex(field("pages"))
	for (i = 0; i < count; i++)
		file[++n_file] = name " " token " " at + i " " pfn + i
}
# A kernel starts: what the one before it told last is what it was handed.
function new_boot(   i) {
	n_handed = n_came = 0
	handed = told && told_out
	for (i = 1; handed && i <= n_out; i++)
		before[++n_handed] = out[i]
	for (i = 1; told && told_file && i <= n_file; i++)
		came[++n_came] = file[i]
	split("", retrieved)
	told = told_out = told_in = told_file = 0
	kept_in = kept_out
	kept_out = 0
	forget()
}
function whole(key, lines,   s) {
	s = substr($0, index($0, " " key "=") + length(key) + 2)
	if (s ~ /^-/)
		return 0
	if (s + 0 != lines)
		lost = 1
	return 1
}
{ sub(/\r$/, "") }
# The kernel's lines may come after those of the program.
/LAB BEFORE/ && when == "before" { stands = 1 }
stands && told { exit }
/LAB CRASH/ { exit }
/Linux version / { new_boot() }
# Before the console is there a kernel says nothing: where it is stopped then, the one before told last.
/LAB STOP / && !/machine_kexec/ && told { new_boot() }
/LABOUT / { if (told) { forget(); told = 0 }; lines_out++; n_out = blocks(out, n_out) }
/LABIN / { if (told) { forget(); told = 0 }; lines_in++; n_in = blocks(inn, n_in) }
/LABFILE / { if (told) { forget(); told = 0 }; lines_file++; pages() }
/LABTOLD / {
	if (told)
		forget()
	told = 1
	told_out = whole("out", lines_out)
	told_in = whole("in", lines_in)
	told_file = whole("files", lines_file)
}
/LAB retrieve s[0-9]+ m[0-9]+ r=0 / {
	match($0, /s[0-9]+ m[0-9]+/)
	split(substr($0, RSTART + 1, RLENGTH - 1), part, " m")
	retrieved[sprintf("vm%d 0x%x", part[1], part[2])] = 1
}
/LAB keep [0-9]+ bytes r=0,0/ {
	match($0, /keep [0-9]+/)
	kept_out += substr($0, RSTART + 5, RLENGTH - 5)
}
/LAB get [0-9]+ bytes r=1 / { kept_in = 0 }
/LAB(FAULT|MAY|ALSO) / { fault[++n_fault] = hex(field("pfn")) " " hex(field("pages")) }
END {
	print "told", told_out + 0, told_in + 0, told_file + 0
	if (handed) print "handed"
	if (lost) print "lost"
	for (i = 1; i <= n_out; i++) print "out", out[i]
	for (i = 1; i <= n_in; i++) print "in", inn[i]
	for (i = 1; i <= n_handed; i++) print "handed", before[i]
	for (i = 1; i <= n_file; i++) print "file", file[i]
	for (i = 1; i <= n_came; i++) {
		split(came[i], part, " ")
		if (!((part[1] " " part[2]) in retrieved))
			print "came", came[i]
	}
	for (i = 1; i <= n_fault; i++) print "fault", fault[i]
	print "kept out", kept_out + 0
	print "kept in", kept_in + 0
}
