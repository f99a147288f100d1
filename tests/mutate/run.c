// SPDX-License-Identifier: GPL-2.0-or-later
#include "run.h"

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../fuzz/output.h"

/* More is not read: no answer about a dump of a machine of some 100 MiB is so long. */
#define MAX_OUTPUT (256u << 20)
/* Under load, and with whatever a process waits for. */
#define WALL_SECONDS 300

static void limit(int what, rlim_t value)
{
	const struct rlimit limit = { value, value };

	if (setrlimit(what, &limit))
		err(1, "setrlimit");
}

static void start(char *const argv[], const struct limits *limits, int out, const char *log)
{
	int null = open("/dev/null", O_RDONLY);
	int errors = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (null < 0 || errors < 0)
		err(1, "%s", log);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, MAX_OUTPUT);
	limit(RLIMIT_CPU, limits->cpu_seconds);
	/* A sanitizer's shadow takes more addresses than there are. */
	if (!limits->sanitized)
		limit(RLIMIT_AS, (rlim_t)limits->mebibytes << 20);
	alarm(WALL_SECONDS);
	execv(argv[0], argv);
	err(1, "%s", argv[0]);
}

static bool has(char *const argv[], const char *word)
{
	for (; *argv; argv++)
		if (!strcmp(*argv, word))
			return true;
	return false;
}

/* Findings that are about a struct page, which lies where the machine has memory. */
static bool about_a_page(const char *id)
{
	static const char *const ids[] = {
		"raw-page", "half-init", "stale-mark", "order-mismatch", "leftover-split",
		"freed-preserved",
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (!strcmp(ids[i], id))
			return true;
	return false;
}

static const char *finding_wrong(json_t *finding, uint64_t end_pfn)
{
	const char *id = json_string_value(json_object_get(finding, "id"));
	const char *summary = json_string_value(json_object_get(finding, "summary"));
	json_t *pfn = json_object_get(finding, "pfn"), *pages = json_object_get(finding, "pages");

	if (!id || !summary || !*summary)
		return "a finding without id or summary";
	if (json_is_integer(pages) && json_integer_value(pages) <= 0)
		return "a finding of no pages";
	if (about_a_page(id) && (!json_is_integer(pfn) || !json_is_integer(pages) ||
				 (uint64_t)json_integer_value(pfn) +
				 (uint64_t)json_integer_value(pages) > end_pfn))
		return "a finding about a struct page beyond memory";
	return NULL;
}

static const char *findings_wrong(json_t *value, uint64_t end_pfn, uint64_t *count)
{
	json_t *findings = json_object_get(value, "findings"), *finding;
	const char *wrong = NULL;
	size_t i;

	*count = json_array_size(findings);
	json_array_foreach(findings, i, finding)
		if (!wrong)
			wrong = finding_wrong(finding, end_pfn);
	return wrong;
}

static const char *output_wrong(char *const argv[], int out, uint64_t end_pfn, uint64_t *count)
{
	off_t size = lseek(out, 0, SEEK_END);
	const char *wrong;
	json_t *value = NULL;
	char *text;

	if (size <= 0)
		return NULL;
	text = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, out, 0);
	if (text == MAP_FAILED)
		err(1, "mmap");
	wrong = output_text_wrong(text, (size_t)size);
	if (!wrong && has(argv, "--json"))
		wrong = output_json_wrong(text, (size_t)size, &value);
	if (!wrong)
		wrong = findings_wrong(value, end_pfn, count);
	json_decref(value);
	munmap(text, (size_t)size);
	return wrong;
}

static const char *end_wrong(int status, const struct rusage *usage, const struct limits *limits)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return "too much time";
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return "too much time, or killed";
	if (WIFSIGNALED(status))
		return strsignal(WTERMSIG(status));
	if (WEXITSTATUS(status) > 3)
		return "status";
	if ((uint64_t)usage->ru_maxrss > (uint64_t)limits->mebibytes << 10)
		return "too much memory";
	return NULL;
}

struct verdict run_tool(char *const argv[], const struct limits *limits, uint64_t end_pfn,
			const char *log)
{
	struct verdict v = { .status = -1 };
	int out = memfd_create("output", MFD_CLOEXEC), status;
	struct rusage usage;
	const char *wrong;
	pid_t pid;

	if (out < 0)
		err(1, "memfd_create");
	pid = fork();
	if (!pid)
		start(argv, limits, out, log);
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		err(1, "fork");
	v.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	v.cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	v.kibibytes = (uint64_t)usage.ru_maxrss;
	wrong = end_wrong(status, &usage, limits);
	if (!wrong)
		wrong = output_wrong(argv, out, end_pfn, &v.findings);
	if (wrong)
		snprintf(v.wrong, sizeof(v.wrong), "%s (status %d)", wrong, v.status);
	close(out);
	return v;
}
