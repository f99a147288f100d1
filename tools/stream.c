// SPDX-License-Identifier: GPL-2.0-or-later
#include "stream.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#define BUFFER 65536u
#define PATIENCE_MS 100

/*
 * Until @s->to takes PIPE_BUF bytes without blocking, which is what POLLOUT promises of a pipe.
 * A file or a broken pipe is always ready; what is no file at all is for fwrite() to tell.
 */
static bool wait_for_reader(const struct khs_stream *s)
{
	struct pollfd p = { .fd = fileno(s->to), .events = POLLOUT };
	int n;

	while ((n = poll(&p, 1, PATIENCE_MS)) <= 0) {
		if (s->interrupted())
			return false;
		if (n < 0 && errno != EINTR)
			return true;
	}
	return true;
}

static ssize_t stream_write(void *cookie, const char *buf, size_t size)
{
	struct khs_stream *s = cookie;
	size_t done = 0;

	if (s->to && s->before)
		s->before(s->arg);
	while (s->to && done < size) {
		size_t n = size - done < PIPE_BUF ? size - done : PIPE_BUF;

		if (!wait_for_reader(s)) {
			s->gave_up = true;
			errno = EINTR;
			return 0;
		}
		errno = 0;
		if (fwrite(buf + done, 1, n, s->to) != n) {
			s->gone = errno == EPIPE;
			return 0;
		}
		done += n;
	}
	return (ssize_t)size;
}

bool khs_stream_open(struct khs_stream *s, FILE *to, bool (*interrupted)(void))
{
	static const cookie_io_functions_t functions = { .write = stream_write };

	*s = (struct khs_stream){ .to = to, .interrupted = interrupted };
	s->out = fopencookie(s, "w", functions);
	if (s->out)
		setvbuf(s->out, NULL, _IOFBF, BUFFER);
	return s->out;
}

bool khs_stream_close(struct khs_stream *s)
{
	FILE *out = s->out;

	s->out = NULL;
	return !out || !fclose(out);
}

void khs_stream_abandon(struct khs_stream *s)
{
	s->to = NULL;
	khs_stream_close(s);
}
