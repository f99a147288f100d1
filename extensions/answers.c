// SPDX-License-Identifier: GPL-2.0-or-later
#include "answers.h"

#include "defs.h"

#include <inttypes.h>

#include "base/error.h"
#include "sigint.h"

/* What crash said to a question; the same for as long as it runs. */
struct answer {
	struct khs_question question;
	bool known;
	uint64_t value;
	uint64_t size; /* of a member */
};

static struct answer *answers;
static size_t nr_answers;  /* got so far */
static size_t max_answers;
static bool answer_lost;   /* gdb gave one that did not come through */

/* ---- asking crash --------------------------------------------------------------------------- */

/*
 * Has gdb print what @format, a printf command, says; false if it makes no sense to gdb. What made
 * sense and can't be read is no such answer: the file system for temporary files may be full.
 */
__attribute__((format(printf, 3, 4)))
static bool ask_gdb(uint64_t *value, uint64_t *size, const char *format, ...)
{
	char command[512], reply[128];
	bool known, read = false;
	va_list ap;

	va_start(ap, format);
	vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	open_tmpfile2();
	/* If its output goes to a pipe, crash has SIGINT ignored then, and with that lost. */
	known = !kho_interrupted() && gdb_pass_through(command, pc->tmpfile2, GNU_RETURN_ON_ERROR);
	if (known) {
		rewind(pc->tmpfile2);
		read = fgets(reply, sizeof(reply), pc->tmpfile2) &&
		       sscanf(reply, "%" SCNu64 " %" SCNu64, value, size) == 2;
	}
	close_tmpfile2();
	answer_lost |= known && !read;
	return read;
}

static bool ask_symbol(struct answer *a)
{
	struct syment *symbol = symbol_search((char *)a->question.name);

	if (symbol)
		a->value = symbol->value;
	return symbol;
}

/* MEMBER_OFFSET() and its like take a variable for the type of its name: kho_scratch is one. */
static bool ask_size(struct answer *a)
{
	static const char format[] = "printf \"%%lu 0\", (unsigned long)sizeof(%s %s)";
	const char *name = a->question.name;

	return ask_gdb(&a->value, &a->size, format, "struct", name) ||
	       ask_gdb(&a->value, &a->size, format, "union", name);
}

static bool ask_member(struct answer *a)
{
	static const char format[] = "printf \"%%lu %%lu\", (unsigned long)&((%s %s *)0)->%s, "
				     "(unsigned long)sizeof(((%s %s *)0)->%s)";
	const char *type = a->question.type, *name = a->question.name;

	return ask_gdb(&a->value, &a->size, format, "struct", type, name, "struct", type, name) ||
	       ask_gdb(&a->value, &a->size, format, "union", type, name, "union", type, name);
}

/*
 * enumerator_value() of crash leaves two hundred bytes in gdb each time. A sum, as gdb takes a cast
 * for the missing type of a symbol that has none.
 */
static bool ask_enumerator(struct answer *a)
{
	static const char format[] = "printf \"%%lu 0\", (unsigned long)(%s + 0)";

	return ask_gdb(&a->value, &a->size, format, a->question.name);
}

static bool room_for_answers(void)
{
	struct khs_question q;

	if (answers)
		return true;
	for (max_answers = 0; khs_question(max_answers, &q); max_answers++)
		;
	answers = calloc(max_answers, sizeof(*answers));
	return answers;
}

/* A question that a SIGINT came in between is asked again: gdb fails it. */
struct khs_error *kho_learn(void)
{
	static bool (*const ask[])(struct answer *) = {
		[KHS_ASK_SYMBOL] = ask_symbol,
		[KHS_ASK_SIZE] = ask_size,
		[KHS_ASK_MEMBER] = ask_member,
		[KHS_ASK_ENUMERATOR] = ask_enumerator,
	};

	if (!room_for_answers())
		return khs_enomem();
	answer_lost = false;
	while (nr_answers < max_answers) {
		struct answer *a = &answers[nr_answers];

		khs_question(nr_answers, &a->question);
		a->known = a->question.name && ask[a->question.kind](a);
		if (kho_interrupted())
			return khs_error_new(KHS_ERR_INTERRUPTED, "interrupted");
		if (answer_lost)
			return khs_error_new(KHS_ERR_IO, "an answer of gdb is lost: no room for "
							 "temporary files?");
		nr_answers++;
	}
	return NULL;
}

/* ---- being asked by the library ------------------------------------------------------------- */

static const struct answer *find_answer(enum khs_question_kind kind, const char *type,
					const char *name)
{
	for (size_t i = 0; i < nr_answers; i++) {
		const struct khs_question *q = &answers[i].question;

		if (!answers[i].known || q->kind != kind || strcmp(q->name, name))
			continue;
		if (!type || !strcmp(q->type, type))
			return &answers[i];
	}
	return NULL;
}

static bool on_symbol(void *priv, const char *name, uint64_t *address)
{
	const struct answer *a = find_answer(KHS_ASK_SYMBOL, NULL, name);

	(void)priv;
	if (a)
		*address = a->value;
	return a;
}

static bool on_type_size(void *priv, const char *type, uint64_t *size)
{
	const struct answer *a = find_answer(KHS_ASK_SIZE, NULL, type);

	(void)priv;
	if (a)
		*size = a->value;
	return a;
}

static bool on_member(void *priv, const char *type, const char *member, uint64_t *offset,
		      uint64_t *size)
{
	const struct answer *a = find_answer(KHS_ASK_MEMBER, type, member);

	(void)priv;
	if (!a)
		return false;
	*offset = a->value;
	*size = a->size;
	return true;
}

static bool on_enumerator(void *priv, const char *name, int64_t *value)
{
	const struct answer *a = find_answer(KHS_ASK_ENUMERATOR, NULL, name);

	(void)priv;
	if (a)
		*value = (int64_t)a->value;
	return a;
}

void kho_answer(struct khs_source *source)
{
	source->symbol = on_symbol;
	source->type_size = on_type_size;
	source->member = on_member;
	source->enumerator = on_enumerator;
}

void kho_forget(void)
{
	free(answers);
	answers = NULL;
	nr_answers = 0;
}
