/* Rule files: every slip is refused where it stands, with words that say what would be right; and every limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "rules/load/load.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What most tests do not look at. A kind follows it, on line 2. */
#define RULE "rules:\n- {id: r, severity: high, tell: {role: director}, "

static void all_of(const struct config_faults *faults, struct buffer *out)
{
	for (size_t i = 0; i < faults->count; i++)
		buffer_format(out, "%s%d:%d %s", i ? "\n" : "", faults->items[i].line, faults->items[i].column,
		              faults->items[i].text);
}

/* `said` is part of what is said, with its place in front: "2:60 a rule needs". */
static void assert_refused(const char *source, const char *said)
{
	struct config_faults faults = {0};
	struct buffer all = {0};
	struct ruleset *ruleset = rules_load_text("r.yaml", text_of(source), &faults);
	all_of(&faults, &all);
	if (ruleset || !strstr(buffer_cstr(&all), said))
		fail_msg("%s\nexpected: %s\nsaid: %s", source, said, ruleset ? "nothing" : buffer_cstr(&all));
	assert_string_equal(faults.items[0].file, "r.yaml");
	buffer_free(&all);
	config_faults_free(&faults);
}

struct refusal {
	const char *source, *said;
};

static void assert_all_refused(const struct refusal *refusals, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_refused(refusals[i].source, refusals[i].said);
}

/* ---- what may not ---- */

static void a_rule_that_is_no_rule_is_refused(void **state)
{
	(void)state;
	static const struct refusal refusals[] = {
		{"rules: []\n", "1:1 no rules"},
		{"rles: []\n", "1:1 a rule file has no \"rles\"; did you mean \"rules\"?"},
		{"- id: r\n", "1:1 a rule file is a list; write a mapping"},
		{"rules: {id: r}\n", "1:8 rules is a mapping; write a list"},
		{"rules: [r]\n", "1:9 a rule is text; write a mapping"},
		{"rules:\n- {severity: high, event: {event: vcl.scored}, tell: {role: dcs}}\n",
	         "2:3 a rule needs \"id\""},
		{"rules:\n- {id: 'a b', severity: high, event: {event: vcl.scored}, tell: {role: dcs}}\n",
	         "2:8 id may have letters, digits, dots, hyphens and underscores"},
		{"rules:\n- {id: r, event: {event: vcl.scored}, tell: {role: dcs}}\n", "2:3 a rule needs \"severity\""},
		{"rules:\n- {id: r, severity: hihg, event: {event: vcl.scored}, tell: {role: dcs}}\n",
	         "2:21 severity is \"hihg\""},
		{"rules:\n- {id: r, severity: high, event: {event: vcl.scored}}\n", "2:3 a rule needs \"tell\""},
		{"rules:\n- {id: r, severity: high, event: {event: vcl.scored}, tell: []}\n",
	         "2:61 tell is empty: nobody would hear"},
		{"rules:\n- {id: r, severity: high, event: {event: vcl.scored}, tell: director}\n",
	         "2:61 a step of tell is text"},
		{"rules:\n- {id: r, severity: high, event: {event: vcl.scored}, tell: [{rol: dcs}]}\n",
	         "2:63 a step of tell has no \"rol\"; did you mean \"role\"?"},
		{"rules:\n- {id: r, severity: high, event: {event: vcl.scored}, tell: [{role: []}]}\n",
	         "2:69 role is an empty list"},
		{"rules:\n- {id: r, severity: high, event: {event: vcl.scored}, tell: [{role: [dcs, dcs]}]}\n",
	         "2:69 role \"dcs\" stands here twice"},
		{"rules:\n- {id: r, severity: high, event: {event: vcl.scored}, tell: [{role: dcs, answer: all}]}\n",
	         "2:82 answer is \"all\""},
		{"rules:\n- {id: r, severity: high, event: {event: vcl.scored}, tell: [{role: dcs, channels: fax}]}\n",
	         "2:84 channels is \"fax\""},
		{"rules:\n- {id: r, severity: high, event: {event: vcl.scored}, tell: [{role: dcs, escalate-after: "
	         "soon}]}\n",
	         "2:90 escalate-after is \"soon\""},
		{"rules:\n- {id: r, severity: high, event: {event: vcl.scored}, tell: [{role: dcs}], tell-warning: "
	         "dcs}\n",
	         "2:90 tell-warning says whom early warnings tell, but this rule has no warn"},
		{RULE "titel: x, event: {event: vcl.scored}}\n",
	         "2:51 a rule has no \"titel\"; did you mean \"title\"?"},
		{RULE "title: x}\n", "2:3 a rule needs a kind: event, guard,"},
		{RULE "event: {event: vcl.scored}, guard: {event: vcl.scored}}\n",
	         "2:86 a rule is of one kind; this one is event and guard"},
		{RULE "event: }\n", "2:58 event is empty"},
		{RULE "event: vcl.scored}\n", "2:58 an event rule is text; write a mapping"},
		{RULE "event: {event: vcl.scored}, out-of-hours: [edt]}\n", "2:93 out-of-hours is a list"},
		{RULE "event: {event: vcl.scored}, until-age: 0}\n", "2:90 until-age is \"0\""},
		{RULE "event: {event: vcl.scored}, effective-from: 2021-02-30}\n",
	         "2:95 effective-from is \"2021-02-30\""},
		{RULE "event: {event: vcl.scored}, effective-from: 2021-02-03, effective-until: 2021-02-03}\n",
	         "2:124 effective-until must be after effective-from"},
		{RULE "event: {event: vcl.scored}, of: team}\n", "2:83 of is \"team\""},
		{RULE "event: {event: vcl.scored}, of: worker}\n",
	         "2:3 vcl.scored names no worker, so a rule of a worker never hears it"},
		{RULE "event: {event: vcl.scored}}\n- {id: r, severity: high, event: {event: vcl.scored}, tell: {role: "
	              "dcs}}\n",
	         "3:3 rule \"r\" stands already in r.yaml, line 2"},
	};
	assert_all_refused(refusals, COUNT(refusals));
}

/* It would read well, and nobody would ever be told. */
static void a_rule_that_can_never_tell_anybody_is_refused(void **state)
{
	(void)state;
	static const struct refusal refusals[] = {
		{RULE "state: {when: 'open(\"vpg\")', from: birth + 31 years}}\n",
	         "2:86 from is an age of 31 or more, which counts as not known"},
		{RULE "state: {when: 'open(\"vpg\")', from: birth + 18 years}, until-age: 18}\n",
	         "2:86 from is not before until-age, so that this never holds"},
	};
	assert_all_refused(refusals, COUNT(refusals));
}

/* What one of several events ends by a condition of its own, and a turn that begins with what it waits for. */
static void a_rule_that_only_looks_as_if_it_never_could_is_taken(void **state)
{
	(void)state;
	static const char *const sources[] = {
		RULE "event: {event: vcl.scored}, closes-on: {event: vcl.scored, where: 'data.level == \"low\"'}}\n",
		RULE "event: {event: vcl.scored, where: 'data.level == \"very-high\"'}, closes-on: vcl.scored}\n",
		RULE "deadline: {start: [missing.started, missing.risk_changed], stop: [missing.risk_changed, "
		     "missing.ended], key: episode, within: 4 hours}}\n",
		RULE "recurring: {start: visit.made, event: visit.made, every: 6 weeks}}\n",
		RULE "deadline: {start: vpg.opened, stop: vpg.closed, within: 3 days}, closes-on: vpg.opened}\n",
		RULE "guard: {event: court.applied, unless-before: court.applied, within: 12 months}}\n",
		RULE "state: {when: 'open(\"vpg\")', from: birth + 17 years 11 months}, until-age: 18}\n",
	};
	for (size_t i = 0; i < COUNT(sources); i++) {
		struct config_faults faults = {0};
		struct ruleset *ruleset = rules_load_text("r.yaml", text_of(sources[i]), &faults);
		if (!ruleset)
			fail_msg("%s: %s", sources[i], faults.items[0].text);
		ruleset_free(ruleset);
		config_faults_free(&faults);
	}
}

static void a_slip_in_an_event_is_refused(void **state)
{
	(void)state;
	static const struct refusal refusals[] = {
		{RULE "event: {event: missing.start}}\n",
	         "2:66 no event type is called \"missing.start\"; did you mean \"missing.started\"?"},
		{RULE "event: {event: 'missing started'}}\n", "2:66 event is no event type; write its name"},
		{RULE "event: {event: []}}\n", "2:66 event is an empty list"},
		{RULE "event: {evnt: vcl.scored}}\n", "2:59 an event rule has no \"evnt\"; did you mean \"event\"?"},
		{RULE "event: {where: 'true'}}\n", "2:58 an event rule needs \"event\""},
		{RULE "event: {event: [{event: vcl.scored, were: 'true'}]}}\n",
	         "2:87 event has no \"were\"; did you mean \"where\"?"},
		{RULE "event: {event: vcl.scored, where: 'data.lvel == \"high\"'}}\n",
	         "2:86 vcl.scored has no field \"lvel\"; did you mean \"level\"?"},
		{RULE "event: {event: vcl.scored, where: 'true && data.level == \"hig\"'}}\n",
	         "2:108 \"hig\" is none of the words of data.level: low, medium, high, very-high; did you mean "
	         "\"high\"?"},
		{RULE "event: {event: missing.started, where: 'data.risk == \"high\"'}}\n",
	         "2:91 data.risk may be absent"},
		{RULE "event: {event: vcl.scored, where: }}\n", "2:85 where is empty"},
		{RULE "event: {event: vcl.scored, where: 'open(\"vgp\")'}}\n",
	         "2:92 no state is called \"vgp\"; did you mean \"vpg\"?"},
		{RULE "event: {event: vcl.scored, where: 'open(\"zebra\")'}}\n",
	         "2:92 no state is called \"zebra\"; name it under states"},
		{RULE "event: {event: missing.started, distinct: episod}}\n",
	         "2:93 missing.started has no field \"episod\" to be a key; did you mean \"episode\"?"},
		{RULE "event: {event: missing.started, distinct: episode, key: kind}}\n",
	         "2:93 key and distinct name different fields"},
		{RULE "event: {event: vcl.scored}, closes-on: vpg.discused}\n",
	         "2:90 no event type is called \"vpg.discused\"; did you mean \"vpg.discussed\"?"},
	};
	assert_all_refused(refusals, COUNT(refusals));
}

static const struct refusal shapes[] = {
		{RULE "guard: {event: vcl.scored}}\n", "2:58 a guard needs \"unless-before\""},
		{RULE "count: {event: vcl.scored, within: 30 days}}\n", "2:58 a count needs \"at-least\""},
		{RULE "count: {event: vcl.scored, at-least: 3}}\n", "2:58 a count needs \"within\""},
		{RULE "count: {event: vcl.scored, at-least: 0, within: 30 days}}\n", "2:88 at-least is \"0\""},
		{RULE "count: {event: vcl.scored, at-least: 3, within: 30 day s}}\n", "2:99 within is \"30 day s\""},
		{RULE "count: {event: vcl.scored, at-least: 3, within: 0 days}}\n", "2:99 within is no time at all"},
		{RULE "deadline: {start: vcl.scored, within: 1 day}}\n", "2:61 a deadline needs \"stop\""},
		{RULE "deadline: {start: vcl.scored, stop: rmg.opened}}\n", "2:61 a deadline needs either within"},
		{RULE "deadline: {start: task.created, stop: task.completed, within: 1 day, due: data.due}}\n",
	         "2:125 a deadline needs either within (\"72 hours\") or due (\"data.due\"), not both"},
		{RULE "deadline: {start: task.created, stop: task.completed, due: data.owner}}\n",
	         "2:110 due must be a date in task.created"},
		{RULE "deadline: {start: task.created, stop: task.completed, moves: task.changed, within: 1 day}}\n",
	         "2:112 moves names events that carry another due date"},
		{RULE "deadline: {start: task.created, stop: task.completed, moves: vcl.scored, due: data.due}}\n",
	         "2:112 vcl.scored has no field \"due\" to move the date"},
		{RULE "deadline: {start: vcl.scored, stop: rmg.opened, within: 5 days, warn: [5 days]}}\n",
	         "2:122 a warning must come before the end of within"},
		{RULE "deadline: {start: vcl.scored, stop: rmg.opened, within: 5 days, warn: [4 days, 3 days]}}\n",
	         "2:130 warnings come in order"},
		{RULE "deadline: {start: vcl.scored, stop: rmg.opened, within: 18 days, warn: [1 day, 2 days, 3 days, "
	         "4 days, 5 days, 6 days, 7 days, 8 days, 9 days, 10 days, 11 days, 12 days, 13 days, 14 days, "
	         "15 days, 16 days, 17 days]}}\n",
	         "2:122 at most 16 early warnings"},
		{RULE
	         "deadline: {start: dol.order_made, stop: dol.order_ended, due: data.until, warn: [4 days]}}\n",
	         "2:131 warn counts from the start of a clock of fixed length; with due write warn-before"},
		{RULE
	         "deadline: {start: dol.order_made, stop: dol.order_ended, due: data.until, "
	         "warn-before: [3 days, 4 days]}}\n",
	         "2:147 warnings come in order, the farthest from the date first"},
		{RULE
	         "deadline: {start: dol.order_made, stop: dol.order_ended, due: data.until, "
	         "warn-before: [72 hours]}}\n",
	         "2:139 warn-before counts whole dates"},
		{RULE
	         "deadline: {start: vcl.scored, stop: rmg.opened, within: 5 days, warn: [4 days], "
	         "warn-before: [1 day]}}\n",
	         "2:144 warn counts from the start and warn-before from the date that falls due; keep one"},
		{RULE "recurring: {event: vcl.scored, while: 'open(\"vpg\")', every: []}}\n",
	         "2:111 every is an empty list"},
		{RULE "recurring: {event: vcl.scored, while: 'open(\"vpg\")', every: [6 weeks, 7 weeks]}}\n",
	         "2:112 a length without when and after is for all other cases, so it comes last"},
		{RULE "recurring: {event: vcl.scored, while: 'open(\"vpg\")', every: [{length: 6 weeks}, 7 weeks]}}\n",
	         "2:112 a case of every needs when, or after"},
		{RULE
	         "recurring: {event: vcl.scored, while: 'open(\"vpg\")', every: [{length: 6 weeks, after: 1 year}]}}\n",
	         "2:112 every ends with a length for all other cases"},
		{RULE "guard: {event: vcl.scored, unless-before: rmg.opened, within: 0 days}}\n",
	         "2:113 within is no time at all"},
		{RULE "deadline: {start: {alert: nobody, is: opened}, stop: rmg.opened, within: 5 days}}\n",
	         "2:77 no rule is called \"nobody\""},
		{RULE "deadline: {start: {alert: r, is: opened}, stop: rmg.opened, within: 5 days}}\n",
	         "2:77 a circle: an alert of r would in the end start r"},
		{RULE "deadline: {start: {alert: r, iz: opened}, stop: rmg.opened, within: 5 days}}\n",
	         "2:80 start has no \"iz\""},
		{RULE "deadline: {start: {alert: a, is: closed}, stop: rmg.opened, within: 5 days}}\n",
	         "2:84 start: is is \"closed\""},
		{RULE "deadline: {start: {alert: a}, where: 'true', stop: rmg.opened, within: 5 days}}\n",
	         "2:88 where reads an event, and this clock is started by an alert"},
		{RULE "deadline: {start: {alert: a}, stop: missing.ended, key: episode, within: 5 days}}\n"
	              "- {id: a, severity: high, event: {event: vcl.scored}, tell: {role: dcs}}\n",
	         "2:107 alerts of a have no key \"episode\""},
		{RULE
	         "deadline: {start: vcl.scored, stop: rmg.opened, within: 5 days, while: 'data.level == \"high\"'}}\n",
	         "2:123 no event is at hand here"},
		{RULE "recurring: {event: vcl.scored, every: 6 months}}\n",
	         "2:62 a recurring rule needs start, or while"},
		{RULE "recurring: {event: vcl.scored, while: 'open(\"vpg\")'}}\n",
	         "2:62 a recurring rule needs \"every\""},
		{RULE "overlap: {start: custody.detained, stop: custody.released, key: custody}}\n",
	         "2:60 an overlap needs \"daily\""},
		{RULE "overlap: {start: custody.detained, stop: custody.released, daily: 22}}\n",
	         "2:117 daily is \"22\"; write a window"},
		{RULE "overlap: {start: custody.detained, stop: custody.released, daily: '22:00-25:00'}}\n",
	         "2:117 daily is \"25:00\""},
		{RULE "overlap: {start: custody.detained, stop: custody.released, daily: '08:00-08:00'}}\n",
	         "2:117 daily begins and ends at the same time"},
		{RULE "state: {from: birth + 18 years}}\n", "2:58 a state rule needs \"when\""},
		{RULE "state: {when: 'age > 1', from: birth plus 18 years}}\n",
	         "2:82 from is \"birth plus 18 years\"; write"},
		{RULE "state: {when: 'age > 1', from: birth + 18 yards}}\n", "2:82 from is \"birth + 18 yards\""},
		{RULE "load: {open: alocation, more-than: 25, of: worker}}\n",
	         "2:64 no state is called \"alocation\"; did you mean \"allocation\"?"},
		{RULE "load: {open: allocation, of: worker}}\n", "2:57 a load needs \"more-than\""},
		{RULE "load: {open: allocation, where: 'data.rol == \"x\"', of: worker, more-than: 1}}\n",
	         "2:84 allocation.started has no field \"rol\"; did you mean \"role\"?"},
		{RULE "of: provider, load: {open: allocation, of: worker, more-than: 1}}\n",
	         "2:94 of says something else than the rule's own"},
		{RULE "event: {event: vcl.scored}, says: [{when: 'data.x'}]}\n", "2:94 vcl.scored has no field \"x\""},
		{RULE "event: {event: vcl.scored}, says: [{when: 'true'}]}\n", "2:86 an item of says needs \"text\""},
		{"settings: {high: {value: high}}\n" RULE "event: {event: vcl.scored, where: 'data.level == $hihg'}}\n",
	         "3:85 no setting is called \"hihg\" in this file; did you mean \"high\"?"},
		{"settings: {level: {value: hig}}\n" RULE
	         "event: {event: vcl.scored, where: 'true && data.level == $level && data.lvel == \"x\"'}}\n",
	         "\"hig\" is none of the words of data.level"},
		{"settings: {word: {value: high}}\n" RULE
	         "event: {event: vcl.scored, where: 'data.level == $word && data.lvel == \"x\"'}}\n",
	         "3:109 vcl.scored has no field \"lvel\""},
		{"rules:\n- {id: r, severity: high, event: {event: vcl.scored}, tell: {role: dcs, also: [iro]}}\n",
	         "2:80 an item of also is text; write {role: …, when: …}"},
		{"rules:\n"
	         "- {id: r, severity: high, event: {event: vcl.scored}, tell: {role: dcs, also: [{role: iro}]}}\n",
	         "an item of also needs \"when\""},
		{RULE "event: {event: vcl.scored}, restricted: perhaps}\n", "2:91 restricted is \"perhaps\""},
};

static void a_slip_in_a_shape_is_refused(void **state)
{
	(void)state;
	assert_all_refused(shapes, COUNT(shapes));
}

static void a_slip_in_a_state_is_refused(void **state)
{
	(void)state;
	static const struct refusal refusals[] = {
		{"states: [{id: a, from: vpg.opened}]\n" RULE "event: {event: vcl.scored}}\n",
	         "1:10 a state needs \"to\""},
		{"states: [{id: a, frm: vpg.opened, to: vpg.closed}]\n" RULE "event: {event: vcl.scored}}\n",
	         "1:18 a state has no \"frm\"; did you mean \"from\"?"},
		{"states: [{id: a, from: vpg.opened, to: vpg.closed, key: pln}]\n" RULE "event: {event: vcl.scored}}\n",
	         "1:57 vpg.opened has no field \"pln\" to be a key; did you mean \"plan\"?"},
		{"states: [{id: a, from: allocation.started, to: allocation.ended, key: [role, worker, team, "
	         "role]}]\n" RULE "event: {event: vcl.scored}}\n",
	         "1:71 a state's key has at most 3 fields"},
		{"states: [{id: a, from: vpg.opened, to: vpg.closed}, {id: a, from: rmg.opened, to: rmg.closed}]\n" RULE
	         "event: {event: vcl.scored}}\n",
	         "1:53 state \"a\" stands already in r.yaml, line 1"},
	};
	assert_all_refused(refusals, COUNT(refusals));
}

static void a_circle_of_rules_is_refused(void **state)
{
	(void)state;
	assert_refused("rules:\n"
	               "- {id: a, severity: high, deadline: {start: {alert: b}, stop: vpg.discussed, within: 1 day}, "
	               "tell: {role: dcs}}\n"
	               "- {id: b, severity: high, deadline: {start: {alert: c}, stop: vpg.discussed, within: 1 day}, "
	               "tell: {role: dcs}}\n"
	               "- {id: c, severity: high, deadline: {start: {alert: a}, stop: vpg.discussed, within: 1 day}, "
	               "tell: {role: dcs}}\n",
	               "4:53 a circle: an alert of c would in the end start a");
}

static void a_rule_that_starts_from_a_rule_on_trial_is_on_trial_too(void **state)
{
	(void)state;
	assert_refused("rules:\n"
	               "- {id: a, severity: high, mode: shadow, event: vcl.scored, tell: {role: dcs}}\n"
	               "- {id: b, severity: high, deadline: {start: {alert: a}, stop: vpg.discussed, within: 1 day}, "
	               "tell: {role: dcs}}\n",
	               "3:53 a is in `mode: shadow` and tells nobody");
}

static void an_id_that_a_rule_still_has_is_no_former_id_of_another(void **state)
{
	(void)state;
	assert_refused("rules:\n"
	               "- {id: a, severity: high, event: vcl.scored, tell: {role: dcs}}\n"
	               "- {id: b, renamed-from: a, severity: high, event: vcl.scored, tell: {role: dcs}}\n",
	               "3:25 a rule is still called \"a\"");
	assert_refused("rules:\n"
	               "- {id: b, renamed-from: a, severity: high, event: vcl.scored, tell: {role: dcs}}\n"
	               "- {id: c, renamed-from: [x, a], severity: high, event: vcl.scored, tell: {role: dcs}}\n",
	               "3:25 b says already that it was renamed from \"a\"");
}

static void all_faults_come_at_once(void **state)
{
	(void)state;
	struct config_faults faults = {0};
	assert_null(rules_load_text(
		"r.yaml", TEXT(RULE "event: {event: vcl.scord, distinct: x}, titel: y, until-age: z}\n"), &faults));
	assert_int_equal(faults.count, 3);
	config_faults_free(&faults);
}

/* ---- limits (docs/limits.md): each is said when it is reached ---- */

/* `item` so many times, with its number for #. */
static void items(struct buffer *out, const char *item, int count)
{
	for (int i = 0; i < count; i++) {
		buffer_string(out, i ? ", " : "");
		for (const char *c = item; *c; c++)
			if (*c == '#')
				buffer_format(out, "%d", i);
			else
				buffer_char(out, *c);
	}
}

/* `before`, so many items, `after`: one fewer is taken, and this many is refused. */
static void reaches(const char *before, const char *item, int count, const char *after, const char *said)
{
	for (int more = 0; more < 2; more++) {
		struct buffer source = {0};
		struct config_faults faults = {0};
		buffer_string(&source, before);
		items(&source, item, count + more);
		buffer_string(&source, after);
		if (more)
			assert_refused(buffer_cstr(&source), said);
		struct ruleset *ruleset = more ? NULL : rules_load_text("r.yaml", buffer_view(&source), &faults);
		if (!more && !ruleset)
			fail_msg("%d: %s", faults.items[0].column, faults.items[0].text);
		ruleset_free(ruleset);
		config_faults_free(&faults);
		buffer_free(&source);
	}
}

static void a_limit_that_is_reached_is_said(void **state)
{
	(void)state;
	reaches(RULE "says: [", "{text: Remark #.}", RULE_REMARKS_MAX, "], event: {event: vcl.scored}}\n",
	        "more than 8 items of says and also together");
	reaches(RULE "event: {event: vcl.scored}, says: [", "{text: Remark #.}", RULE_REMARKS_MAX - 1,
	        ", {text: Last.}]}\n", "more than 8 items of says and also together");
	reaches("rules:\n- {id: r, severity: high, event: {event: vcl.scored}, tell: [{role: [", "r#", RULE_ROLES_MAX,
	        "]}]}\n", "names 33 roles; at most 32");
	reaches(RULE "event: {event: vcl.scored}, closes-on: [", "{event: vpg.discussed, where: '\"#\" == \"\"'}", 64,
	        "]}\n", "closes-on names more than 64 event types");
	reaches("events:\n- {type: a.b, title: A, data: {", "f#: text", 64, "}}\n" RULE "event: {event: a.b}}\n",
	        "65 fields; an event has at most 64");
	reaches("rules: [", "{id: r#, severity: high, tell: {role: dcs}, event: {event: vcl.scored}}", 4096, "]\n",
	        "more than 4096 rules");
}

static int start(void **state)
{
	(void)state;
	schema_start();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_that_is_no_rule_is_refused),
		cmocka_unit_test(a_rule_that_can_never_tell_anybody_is_refused),
		cmocka_unit_test(a_rule_that_only_looks_as_if_it_never_could_is_taken),
		cmocka_unit_test(a_slip_in_an_event_is_refused),
		cmocka_unit_test(a_slip_in_a_shape_is_refused),
		cmocka_unit_test(a_slip_in_a_state_is_refused),
		cmocka_unit_test(a_circle_of_rules_is_refused),
		cmocka_unit_test(a_rule_that_starts_from_a_rule_on_trial_is_on_trial_too),
		cmocka_unit_test(an_id_that_a_rule_still_has_is_no_former_id_of_another),
		cmocka_unit_test(all_faults_come_at_once),
		cmocka_unit_test(a_limit_that_is_reached_is_said),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
