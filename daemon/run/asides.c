/* asides: what one machine of a cell sets aside, as casewatch fails at it there, the others hear of through the log; if
 * one of them could take it, the machine that could not holds less than they do, and stands behind them (docs/cells.md,
 * "Records set aside"). */
#include "run/orders.h"
#include "run/run_internal.h"

#include "base/log.h"
#include "store/asides.h"

#include <stdio.h>
#include <stdlib.h>

#define STANDS_LOOK (SECOND / 5) /* whether the word of one stands in the log */
#define AGAIN_AFTER MINUTE       /* the brokers refuse it, or the database cannot be read */

struct asides {
	struct council *council;
	struct loop_timer *timer;
	uint64_t noted; /* so many were looked for */
};

/* ---- what was set aside here ---- */

static enum result tell_aside(struct council *council, struct text name, int64_t number, instant *next,
                              struct fault *fault)
{
	struct buffer words = {0};
	struct fault why = {{0}};
	enum result result = RESULT_OK;
	buffer_format(&words, "%s\n%lld\n", council->first->cell.machine, (long long)number);
	buffer_text(&words, name);
	switch (orders_ask(council, ORDER_ASIDE, buffer_view(&words), &why)) {
	case KAFKA_ORDER_STANDS:
		result = asides_told(council->store, name, number, fault);
		*next = 0;
		break;
	case KAFKA_ORDER_UNDER_WAY: *next = STANDS_LOOK; break;
	case KAFKA_ORDER_REFUSED:
		log_error("the other machines of the cell cannot be told what was set aside here: %s", why.text);
		break;
	}
	buffer_free(&words);
	return result;
}

static void on_time(void *argument)
{
	struct asides *asides = argument;
	struct council *council = asides->council;
	struct buffer name = {0};
	struct fault fault = {{0}};
	int64_t number = 0;
	instant next = AGAIN_AFTER;
	bool found = false;
	asides->noted = pipeline_worked(council->pipeline).aside;
	enum result result = asides_owed(council->store, &name, &number, &found, &fault);
	if (result == RESULT_OK && found)
		result = tell_aside(council, buffer_view(&name), number, &next, &fault);
	if (result != RESULT_OK)
		log_warning("what was set aside here cannot be told to the cell for now: %s", fault.text);
	if (result != RESULT_OK || found)
		loop_timer_in(asides->timer, result == RESULT_OK ? next : AGAIN_AFTER);
	council_after(council, result, &fault);
	buffer_free(&name);
}

void asides_look(struct council *council)
{
	loop_timer_in(council->asides->timer, 0);
}

static void follow(struct council *council, bool stored)
{
	const struct asides *asides = council->asides;
	if (stored && asides && asides->noted != pipeline_worked(council->pipeline).aside)
		loop_timer_in(asides->timer, 0);
}

/* ---- what comes back from the log ---- */

/* Up to the next line end, which goes, too. */
static struct text take_line(struct text *rest)
{
	const char *end = rest->length ? memchr(rest->at, '\n', rest->length) : NULL;
	struct text line = {rest->at, end ? (size_t)(end - rest->at) : rest->length};
	size_t skipped = line.length + (end != NULL);
	*rest = (struct text){rest->at + skipped, rest->length - skipped};
	return line;
}

struct aside {
	struct text machine, taker; /* taker: of an answer */
	int64_t number;
	struct text name;
};

static bool read_aside(struct text bytes, bool answer, struct aside *aside)
{
	char digits[24], *end;
	struct text rest = bytes;
	aside->taker = answer ? take_line(&rest) : TEXT_NONE;
	aside->machine = take_line(&rest);
	struct text number = take_line(&rest);
	(void)snprintf(digits, sizeof digits, "%.*s", TEXT_ARG(number));
	aside->number = strtoll(digits, &end, 10);
	aside->name = rest;
	bool good = number.length > 0 && number.length < sizeof digits && !*end && rest.length > 0 &&
	            aside->machine.length > 0 && (!answer || aside->taker.length > 0);
	if (!good)
		log_error("an order of the cell about what was set aside cannot be read, and changes nothing");
	return good;
}

static bool is_own(const struct council *council, struct text machine)
{
	return text_equal(machine, text_of(council->first->cell.machine));
}

/* Until the answer stands nothing behind it is taken: a machine that ends meanwhile answers anew. */
static enum result answer(struct council *council, const struct aside *aside, struct fault *fault)
{
	struct buffer words = {0};
	struct fault why = {{0}};
	enum result result = RESULT_OK;
	buffer_format(&words, "%s\n%.*s\n%lld\n", council->first->cell.machine, TEXT_ARG(aside->machine),
	              (long long)aside->number);
	buffer_text(&words, aside->name);
	switch (orders_ask(council, ORDER_TAKEN, buffer_view(&words), &why)) {
	case KAFKA_ORDER_STANDS: break;
	case KAFKA_ORDER_UNDER_WAY:
		result = fault_set(fault, RESULT_TEMPORARY,
		                   "%.*s is told that this machine could take what it set aside",
		                   TEXT_ARG(aside->machine));
		break;
	case KAFKA_ORDER_REFUSED:
		log_error("%.*s cannot be told that this machine could take what it set aside: %s",
		          TEXT_ARG(aside->machine), why.text);
		break;
	}
	buffer_free(&words);
	return result;
}

/* By what it holds, and not by its name: whoever set it aside holds that; and of two machines that bear one name by
 * mistake the one that took it must say so. */
enum result asides_carry_out(struct council *council, const struct source_record *record, struct fault *fault)
{
	struct aside aside;
	bool held = true;
	if (!read_aside(record->bytes, false, &aside))
		return RESULT_OK;
	enum result result = asides_hold(council->store, aside.name, aside.number, &held, fault);
	return result == RESULT_OK && !held ? answer(council, &aside, fault) : result;
}

/* A copy of another machine's files knows nothing of it, and so stands where it stood before. */
enum result asides_carry_out_answer(struct council *council, const struct source_record *record, struct fault *fault)
{
	struct aside aside;
	bool held = false;
	if (!read_aside(record->bytes, true, &aside) || !is_own(council, aside.machine))
		return RESULT_OK;
	enum result result = asides_hold(council->store, aside.name, aside.number, &held, fault);
	return result == RESULT_OK && held ? cell_stand_behind(council, aside.taker, fault) : result;
}

/* ---- start and stop ---- */

enum result asides_start(struct council *council, struct fault *fault)
{
	(void)fault;
	if (!council->cell)
		return RESULT_OK;
	struct asides *asides = council->asides = MEM_NEW(struct asides);
	asides->council = council;
	asides->timer = loop_timer_new(council->daemon->loop, on_time, asides);
	council_follow(council, follow);
	loop_timer_in(asides->timer, SECOND); /* what the process before us had no time for */
	return RESULT_OK;
}

void asides_stop(struct council *council)
{
	if (!council->asides)
		return;
	loop_timer_free(council->asides->timer);
	free(council->asides);
	council->asides = NULL;
}
