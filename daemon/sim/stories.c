/* stories: what a council records: children go missing, are held, are placed, are assessed; and what is recorded late,
 * twice, wrongly, by its date alone, of another child, or by somebody who means harm. */
#include "sim/plan.h"

#include "base/mem.h"
#include "time/words.h"

#include <stdio.h>
#include <string.h>

#define DAY (24 * HOUR)
#define STEPS_MOST 8 /* the longest story has seven */
#define WORKERS 8
#define SOURCES 3

/* In the data: $K is a key of this story; {a|b|c} is one of them; @N is a date up to N days ahead of the event.
 * `after`: hours after the step before, drawn up to twice that; `often`: per cent of the stories that have the step. */
struct step {
	const char *type;
	int after, often;
	const char *data;
};
struct story {
	int weight;
	struct step steps[STEPS_MOST];
};

#define PLACE "\"placement\":\"$K\""
#define PLACED                                                                                                         \
	PLACE ",\"regulated\":{true|false|false},\"setting\":\"{H5|P2}\",\"provider\":\"PR{1|2|3}\","                  \
	      "\"distant\":{true|false|false},\"out_of_area\":{true|false},\"emergency\":{true|false}"
#define BY "\"by\":\"{director|dcs|head-of-service|team-manager}\""
#define CUSTODY "\"custody\":\"$K\""
#define EPISODE "\"episode\":\"$K\""

static const struct story stories[] = {
	{10,
         {{"missing.started", 0, 100,
           EPISODE ",\"kind\":\"{missing|missing|away}\",\"risk\":\"{high|low|medium|none}\""},
          {"missing.status_changed", 3, 15, EPISODE ",\"kind\":\"{missing|away}\""},
          {"missing.risk_changed", 3, 15, EPISODE ",\"risk\":\"{high|low}\""},
          {"missing.ended", 14, 92, EPISODE ",\"harm\":{true|false}"},
          {"rhi.offered", 20, 60, EPISODE},
          {"{rhi.completed|rhi.completed|rhi.declined}", 30, 75, EPISODE},
          {"vpg.discussed", 90, 20, ""}}},
	{6,
         {{"custody.detained", 0, 95, CUSTODY ",\"station\":\"Middlehaven\""},
          {"custody.charged_bail_refused", 4, 50, CUSTODY},
          {"custody.threshold_met", 1, 60, CUSTODY},
          {"pace.bed_requested", 1, 50, CUSTODY ",\"secure\":{true|false}"},
          {"{pace.transferred|pace.transfer_failed|custody.certificate_issued}", 3, 50,
           CUSTODY ",\"reason\":\"none free\",\"ground\":\"no-secure-bed\""},
          {"custody.released", 10, 95, CUSTODY},
          {"custody.feedback_recorded", 100, 40, CUSTODY}}},
	{6,
         {{"placement.decided", 0, 90, PLACED},
          {"{placement.ratified|placement.ratified|placement.refused}", 12, 70, PLACE "," BY},
          {"placement.started", 20, 85, PLACED},
          {"risk_assessment.completed", 20, 60, PLACE ",\"care\":{1|5|9},\"support\":{2|5|8}"},
          {"contingency_plan.recorded", 60, 40, PLACE},
          {"panel.reviewed", 200, 40, PLACE},
          {"placement.ended", 300, 50, PLACE}}},
	{9,
         {{"contact.received", 0, 100, "\"contact\":\"$K\",\"flags\":[{\"neglect\"|\"cse\"|}]"},
          {"contact.screened", 4, 40, "\"contact\":\"$K\",\"expertise\":[\"neglect\"]"},
          {"contact.decided", 14, 85, "\"contact\":\"$K\",\"outcome\":\"{referral|nfa|information|early-help}\""},
          {"referral.accepted", 1, 60, "\"referral\":\"$K\",\"contact\":\"$K\""},
          {"assessment.started", 30, 60, "\"assessment\":\"$K\",\"kind\":\"single\",\"referral\":\"$K\""},
          {"early_help.discussed", 40, 40, "\"referral\":\"$K\""},
          {"assessment.authorised", 300, 60,
           "\"assessment\":\"$K\",\"kind\":\"single\",\"referral\":\"$K\",\"outcome\":\"{nfa|cin|strategy}\""}}},
	{4,
         {{"cp.started", 0, 100, ""},
          {"core_group.held", 160, 70, ""},
          {"visit.made", 100, 70, "\"kind\":\"cp\""},
          {"visit.made", 150, 60, "\"kind\":\"cp\""},
          {"cp_review.held", 300, 30, ""},
          {"cp.ended", 400, 40, ""}}},
	{4,
         {{"cla.started", 0, 100, ""},
          {"visit.made", 80, 70, "\"kind\":\"cla\""},
          {"health_assessment.completed", 300, 60, "\"kind\":\"initial\""},
          {"cla_review.held", 350, 60, ""},
          {"pmg.discussed", 200, 40, ""},
          {"permanence.planned", 300, 30, ""},
          {"cla.ended", 500, 30, ""}}},
	{5,
         {{"strategy.held", 0, 100, "\"strategy\":\"$K\",\"s47\":{true|true|false}"},
          {"s47.started", 6, 80, "\"s47\":\"$K\",\"strategy\":\"$K\""},
          {"safety_plan.signed_off", 60, 50,
           "\"plan\":\"$K\",\"by\":\"{team-manager|head-of-service}\",\"with_child\":{true|false},\"contingency\":"
           "true"},
          {"{icpc.held|icpc.not_required}", 200, 70, "\"strategy\":\"$K\""},
          {"s47.completed", 30, 70, "\"s47\":\"$K\""}}},
	{4,
         {{"vpg.opened", 0, 100, ""},
          {"vcl.scored", 20, 80, "\"level\":\"{low|medium|high|very-high}\""},
          {"rmg.opened", 60, 50, ""},
          {"safety_plan.signed_off", 60, 50, "\"plan\":\"$K\",\"by\":\"team-manager\",\"with_child\":true"},
          {"safety_plan.audited", 200, 40, "\"plan\":\"$K\""},
          {"vpg.closed", 300, 60, ""}}},
	{3,
         {{"homeless.presented", 0, 100, "\"presentation\":\"$K\""},
          {"assessment.started", 14, 60, "\"assessment\":\"$K\",\"kind\":\"single\",\"referral\":\"$K\""},
          {"rights.explained", 50, 60, "\"presentation\":\"$K\""}}},
	{4,
         {{"attendance.absent", 0, 100, "\"date\":\"@0\",\"school\":\"S1\""},
          {"attendance.absent", 20, 70, "\"date\":\"@0\""},
          {"attendance.absent", 20, 60, "\"date\":\"@0\""}}},
	{3,
         {{"dol.order_made", 0, 100, "\"order\":\"$K\",\"until\":\"@30\""},
          {"dol.order_renewed", 300, 40, "\"order\":\"$K\",\"until\":\"@40\""},
          {"dol.order_ended", 400, 40, "\"order\":\"$K\""}}},
	{3,
         {{"incident.occurred", 0, 100, "\"incident\":\"$K\""},
          {"incident.notified", 60, 70, "\"incident\":\"$K\""},
          {"rapid_review.completed", 200, 60, "\"incident\":\"$K\""}}},
	{2, {{"iro.alert_raised", 0, 100, "\"alert\":\"$K\""}, {"iro.alert_answered", 80, 60, "\"alert\":\"$K\""}}},
	{2,
         {{"case.stepped_up", 0, 100, "\"case\":\"$K\""},
          {"stepdown.requested", 200, 60, "\"case\":\"$K\""},
          {"stepdown.audited", 30, 50, "\"case\":\"$K\",\"by\":\"team-manager\""},
          {"stepdown.completed", 30, 60, "\"case\":\"$K\""},
          {"case.closed", 30, 50, "\"case\":\"$K\""}}},
	{2,
         {{"allocation.started", 0, 100,
           "\"role\":\"personal-adviser\",\"worker\":\"W{9|10}\",\"team\":\"leaving-care\""},
          {"allocation.ended", 400, 50, "\"role\":\"personal-adviser\",\"worker\":\"W{9|10}\""}}},
	{1, {{"{child.died|child.transferred}", 0, 30, ""}}},
	{1, {{"person.merged", 0, 100, "\"from\":\"$C\""}, {"person.unmerged", 100, 30, "\"from\":\"$C\""}}},
};
#define STORIES (sizeof stories / sizeof *stories)

/* ---- words ---- */

struct telling {
	struct plan *plan;
	struct chance chance;
	int children;
	char key[24], child[16], other[16];
	instant happens; /* the step's own time */
};

static const char *put_choice(const char *from, struct chance *chance, struct buffer *out)
{
	const char *end = strchr(from, '}');
	int ways = 1;
	for (const char *c = from; c < end; c++)
		ways += *c == '|';
	int chosen = (int)chance_below(chance, (uint64_t)ways);
	for (const char *c = from; c < end; c++) {
		if (*c == '|')
			chosen--;
		else if (chosen == 0)
			buffer_char(out, *c);
	}
	return end + 1;
}

static const char *put_date(const char *from, struct telling *telling, struct buffer *out)
{
	char words[32];
	int days = 0;
	for (; *from >= '0' && *from <= '9'; from++)
		days = days * 10 + (*from - '0');
	instant ahead = days ? (instant)chance_below(&telling->chance, (uint64_t)days + 1) * DAY : 0;
	instant_print(telling->happens + ahead, words);
	buffer_add(out, words, 10);
	return from;
}

static void fill_in(const char *from, struct telling *telling, struct buffer *out)
{
	while (*from) {
		if (*from == '{') {
			from = put_choice(from + 1, &telling->chance, out);
		} else if (*from == '@') {
			from = put_date(from + 1, telling, out);
		} else if (*from == '$') {
			buffer_string(out, from[1] == 'K' ? telling->key : telling->other);
			from += 2;
		} else {
			buffer_char(out, *from++);
		}
	}
}

/* ---- events ---- */

struct record {
	const char *type, *subject, *data;
	instant happens, arrives;
	bool by_date;
	const char *replaces;
};

static const char *source_of(const char *subject)
{
	static const char *const sources[SOURCES] = {"/lcs", "/edt", "/police"};
	return sources[text_fingerprint(text_of(subject), 0) % 5 ? 0 : 1 + strlen(subject) % 2];
}

static struct act *add_record(struct telling *telling, const struct record *record)
{
	char time[32], id[40];
	struct buffer bytes = {0};
	struct act *act = plan_add(telling->plan, record->arrives, ACT_EVENT, chance_next(&telling->chance));
	(void)snprintf(id, sizeof id, "e%zu-%04x", telling->plan->count, (unsigned)(act->chance & 0xffff));
	instant_print(record->happens, time);
	buffer_format(&bytes,
	              "{\"specversion\":\"1.0\",\"id\":\"%s\",\"source\":\"%s\",\"type\":\"%s\",\"subject\":\"%s\","
	              "\"time\":\"%s\"",
	              id, source_of(telling->child), record->type, record->subject, time);
	if (record->by_date)
		buffer_string(&bytes, ",\"timeprecision\":\"day\"");
	if (record->replaces)
		buffer_format(&bytes, ",\"replaces\":\"%s\"", record->replaces);
	buffer_format(&bytes, ",\"data\":{%s}}", record->data);
	act->bytes = mem_copy_text(bytes.at, bytes.length);
	act->id = mem_copy_text(id, strlen(id));
	buffer_free(&bytes);
	return act;
}

/* Most are recorded at once, some within days, a few weeks later. */
static instant delay(struct chance *chance)
{
	uint64_t luck = chance_below(chance, 100);
	if (luck < 80)
		return (instant)chance_below(chance, 300) * SECOND;
	return (instant)chance_below(chance, luck < 95 ? 3 * 86400 : 12 * 86400) * SECOND;
}

static void put_right(struct telling *telling, const struct record *record, const char *id, struct buffer *data)
{
	struct record again = *record;
	uint64_t luck = chance_below(&telling->chance, 100);
	again.arrives = record->arrives + MINUTE + (instant)chance_below(&telling->chance, 5 * 86400) * SECOND;
	if (luck < 4) {
		buffer_clear(data);
		buffer_format(data, "\"id\":\"%s\",\"reason\":\"recorded-in-error\"", id);
		again.type = "event.withdrawn";
		again.happens = again.arrives;
		again.by_date = false;
	} else if (luck < 9) {
		again.replaces = id;
		again.happens -= (instant)chance_below(&telling->chance, 2 * 86400) * SECOND;
		again.by_date = false;
		if (luck == 8)
			again.subject = telling->other;
	} else {
		return;
	}
	again.data = buffer_cstr(data);
	(void)add_record(telling, &again);
}

static void add_step(struct telling *telling, const struct step *step)
{
	struct buffer type = {0}, data = {0};
	struct chance *chance = &telling->chance;
	fill_in(step->type, telling, &type);
	fill_in(step->data, telling, &data);
	struct record record = {.type = buffer_cstr(&type),
	                        .subject = telling->child,
	                        .data = buffer_cstr(&data),
	                        .happens = telling->happens,
	                        .arrives = telling->happens + delay(chance),
	                        .by_date = chance_one_in(chance, 14) && step->type[0] != 'p'};
	if (record.by_date) {
		record.happens = record.happens / DAY * DAY;
		record.arrives += DAY;
	}
	struct act *act = add_record(telling, &record);
	char id[40];
	(void)snprintf(id, sizeof id, "%s", act->id);
	if (chance_one_in(chance, 40)) { /* the source sends it twice */
		struct act *twice = plan_add(telling->plan, record.arrives + HOUR, ACT_EVENT, chance_next(chance));
		act = &telling->plan->acts[telling->plan->count - 2];
		twice->bytes = mem_copy_text(act->bytes, strlen(act->bytes));
		twice->id = mem_copy_text(id, strlen(id));
	}
	put_right(telling, &record, id, &data);
	buffer_free(&type);
	buffer_free(&data);
}

#define BAD_TIME                                                                                                       \
	"{\"specversion\":\"1.0\",\"id\":\"h1\",\"source\":\"/lcs\",\"type\":\"missing.started\",\"subject\":\"C1\","  \
	"\"time\":\"2026-13-01T00:00:00Z\",\"data\":{}}"
#define BAD_SQL                                                                                                        \
	"{\"specversion\":\"1.0\",\"id\":\"'; DROP TABLE event;--\",\"source\":\"/lcs\",\"type\":\"cp.started\"}"

/* What somebody sends who means harm, or whose program is broken. */
static void add_hostile(struct telling *telling)
{
	static const char *const shapes[] = {
		"",           "{",
		"null",       "{\"specversion\":\"1.0\",\"id\":\"h\",\"id\":\"h\"}",
		BAD_SQL,      "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
		BAD_TIME,     "%s%n%s%n",
		"\xff\xfe{}",
	};
	uint64_t which = chance_below(&telling->chance, sizeof shapes / sizeof *shapes - 1) + 1;
	struct act *act = plan_add(telling->plan, telling->happens, ACT_EVENT, chance_next(&telling->chance));
	act->bytes = mem_copy_text(shapes[which], strlen(shapes[which]));
	act->hostile = true;
}

static const struct story *choose(struct chance *chance)
{
	int all = 0, at;
	const struct story *story = stories;
	for (size_t i = 0; i < STORIES; i++)
		all += stories[i].weight;
	for (at = (int)chance_below(chance, (uint64_t)all); at >= story->weight; story++)
		at -= story->weight;
	return story;
}

static void name_child(char name[16], int number)
{
	(void)snprintf(name, 16, "C%d", number);
}

void stories_tell(struct plan *plan, instant at, int children, uint64_t chance)
{
	struct telling telling = {
		.plan = plan, .chance = chance_of(plan->seed, chance), .children = children, .happens = at};
	const struct story *story = choose(&telling.chance);
	int child = 1 + (int)chance_below(&telling.chance, (uint64_t)children);
	(void)snprintf(telling.key, sizeof telling.key, "k%06x", (unsigned)(chance & 0xffffff));
	name_child(telling.child, child);
	name_child(telling.other, 1 + (child + (int)chance_below(&telling.chance, 3)) % children);
	if (chance_one_in(&telling.chance, 25))
		add_hostile(&telling);
	for (size_t i = 0; i < STEPS_MOST && story->steps[i].type; i++) {
		const struct step *step = &story->steps[i];
		telling.happens += (instant)chance_below(&telling.chance, (uint64_t)step->after * 2 + 1) * HOUR +
		                   (instant)chance_below(&telling.chance, 3600) * SECOND;
		if (telling.happens >= plan->ends)
			return;
		if (chance_below(&telling.chance, 100) < (uint64_t)step->often)
			add_step(&telling, step);
	}
}

void stories_begin(struct plan *plan, int children)
{
	static const char *const teams[] = {"north-1", "north-2", "south-1", "west-1", "assessment"};
	struct telling telling = {.plan = plan, .chance = chance_named(plan->seed, "children")};
	for (int i = 1; i <= children; i++) {
		struct buffer data = {0};
		name_child(telling.child, i);
		struct record record = {.subject = telling.child,
		                        .happens = plan->begins + MINUTE,
		                        .arrives = plan->begins + MINUTE + i * SECOND};
		buffer_format(&data, "\"role\":\"social-worker\",\"worker\":\"W%d\",\"team\":\"%s\"",
		              1 + (int)chance_below(&telling.chance, WORKERS), teams[chance_below(&telling.chance, 5)]);
		record.type = "allocation.started";
		record.data = buffer_cstr(&data);
		if (!chance_one_in(&telling.chance, 12)) /* a child of no team */
			(void)add_record(&telling, &record);
		buffer_clear(&data);
		buffer_format(&data, "\"date_of_birth\":\"20%02d-%02d-11\"", 8 + (int)chance_below(&telling.chance, 10),
		              1 + (int)chance_below(&telling.chance, 12));
		record.type = "child.updated";
		record.data = buffer_cstr(&data);
		if (!chance_one_in(&telling.chance, 10))
			(void)add_record(&telling, &record);
		buffer_free(&data);
	}
	for (instant at = plan->begins + 6 * HOUR; at < plan->ends; at += DAY / 2) {
		struct buffer data = {0};
		char time[32];
		instant_print(at, time);
		buffer_format(&data, "\"up_to\":\"%s\"", time);
		(void)add_record(&telling,
		                 &(struct record){"source.complete", "/lcs", buffer_cstr(&data), at, at, false, NULL});
		buffer_free(&data);
	}
}
