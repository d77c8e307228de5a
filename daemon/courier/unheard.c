/* unheard: steps of which nobody, or not everybody, could be told, found again where the process ended before it said
 * so. */
#include "courier/courier_internal.h"

#include "store/elsewhere.h"
#include "store/outbox/told.h"

#define ALERTS_A_PORTION 1000 /* numbers of alerts, of which it is asked in one turn who was told */

static enum result climb_from(void *argument, struct text alert, int step, bool others, const struct outbox_same *row,
                              struct fault *fault)
{
	struct courier *courier = argument;
	(void)fault;
	courier_not_heard(courier, alert, step, others, row);
	return RESULT_OK;
}

/* What all machines know already is not said again, nor what is on no other; but a last step may be the last no longer.
 */
static enum result say_given_up(void *argument, struct text alert, int step, bool others, const struct outbox_same *row,
                                struct fault *fault)
{
	struct courier *courier = argument;
	bool known = others && !outbox_same_known(row);
	enum result result = RESULT_OK;
	if (others && !known)
		result = elsewhere_given_up(courier->settings.store, row, &known, fault);
	if (result == RESULT_OK && !known)
		courier_not_heard(courier, alert, step, others, row);
	return result;
}

void unheard_seek(struct courier *courier)
{
	courier->unheard = true;
	courier->unheard_after = 0;
	unheard_seek_given_up(courier);
}

void unheard_seek_given_up(struct courier *courier)
{
	courier->given_up = courier->settings.gate != NULL;
	courier->given_up_after = 0;
}

/* Of a row that was given up here another machine may have found somebody, as the journal says: so only the one that
 * sends says so, which has read all of it. Whoever takes its place tries the row itself. */
static bool seeks_given_up(const struct courier *courier)
{
	const struct courier_gate *gate = courier->settings.gate;
	return courier->given_up && gate->is_open(gate->context);
}

/* Not while many climb: each that is found is looked for among them. */
bool unheard_is_sought(const struct courier *courier)
{
	return (courier->unheard || seeks_given_up(courier)) && courier->nobody_count < ALERTS_A_PORTION;
}

/* The process before may have ended between a row that failed and the step that was to follow at once; and of a last
 * step nobody could be told, which is no longer the last: by other rules, or with a longer ladder, there is a next. In
 * a cell it may have found those who are to be told after somebody had replied, too, and not have said so. */
static enum result find_unheard(struct courier *courier, struct fault *fault)
{
	struct store *store = courier->settings.store;
	int64_t *after = &courier->unheard_after;
	enum result result = courier->settings.gate
	                             ? told_replied(store, after, ALERTS_A_PORTION, climb_from, courier, fault)
	                             : told_not_all(store, after, ALERTS_A_PORTION, climb_from, courier, fault);
	if (result == RESULT_OK)
		courier->unheard = *after != 0;
	return result;
}

enum result unheard_find(struct courier *courier, struct fault *fault)
{
	if (courier->unheard)
		return find_unheard(courier, fault);
	enum result result = told_given_up(courier->settings.store, &courier->given_up_after, ALERTS_A_PORTION,
	                                   say_given_up, courier, fault);
	if (result == RESULT_OK)
		courier->given_up = courier->given_up_after != 0;
	return result;
}
