// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a fuzz target on files, or on standard input: TARGET [FILE|FOLDER]... Prints how many there
 * were. That is replay, and what AFL++ wants (afl-fuzz ... -- TARGET @@).
 */
#include <dirent.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned int inputs;

static void run_stream(FILE *in, const char *name)
{
	uint8_t *data = NULL;
	size_t size = 0, got;

	do {
		data = realloc(data, size + 65536);
		if (!data)
			err(1, "%s", name);
		got = fread(data + size, 1, 65536, in);
		size += got;
	} while (got);
	if (ferror(in))
		err(1, "%s", name);
	/* Of its exact size, so that a byte too far is one beyond the allocation. */
	data = realloc(data, size ? size : 1);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	inputs++;
}

static void run_path(const char *path);

static void run_folder(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, alphasort);

	if (n < 0)
		err(1, "%s", path);
	for (int i = 0; i < n; i++) {
		char name[4096];

		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			run_path(name);
		free(entries[i]);
	}
	free(entries);
}

static void run_path(const char *path)
{
	struct stat st;
	FILE *in;

	if (stat(path, &st))
		err(1, "%s", path);
	if (S_ISDIR(st.st_mode)) {
		run_folder(path);
		return;
	}
	in = fopen(path, "r");
	if (!in)
		err(1, "%s", path);
	/* The last one printed is the one it died of. */
	if (getenv("FUZZ_VERBOSE"))
		fprintf(stderr, "%s\n", path);
	run_stream(in, path);
	fclose(in);
}

int main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	if (argc == 1)
		run_stream(stdin, "standard input");
	printf("%u inputs\n", inputs);
	return 0;
}
