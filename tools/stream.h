/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output in large pieces to a stream that may be an unbuffered pipe, whose reader may be slow, may
 * wait for a key, or may go away. Knows nothing of crash.
 */
#ifndef KHS_TOOLS_STREAM_H
#define KHS_TOOLS_STREAM_H

#include <stdbool.h>
#include <stdio.h>

struct khs_stream {
	FILE *out;                 /* what to print to */
	FILE *to;                  /* where it goes; NULL: nowhere any more */
	void (*before)(void *arg); /* called before anything goes out; may be NULL */
	void *arg;
	bool (*interrupted)(void); /* asked while the reader makes us wait; true gives up */
	bool gone;                 /* nobody reads @to any more */
	bool gave_up;              /* interrupted; not all of it went out */
};

/* False if there is no memory. @s must stay where it is until khs_stream_close(). */
bool khs_stream_open(struct khs_stream *s, FILE *to, bool (*interrupted)(void));
/* Sends on what is still held back; false, with errno set, if that fails. */
bool khs_stream_close(struct khs_stream *s);
/* As close, but touches the stream below no more: it may be closed by now. */
void khs_stream_abandon(struct khs_stream *s);

#endif
