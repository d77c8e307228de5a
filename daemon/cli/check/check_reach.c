/* check_reach: who lacks a phone, or a webhook, that a critical rule counts on; and whom nothing reaches that is
 * configured. */
#include "cli/check/check_reach.h"

static bool names_channel(const struct step *step, enum channel_kind kind)
{
	for (size_t i = 0; i < step->channel_count; i++)
		if (strcmp(step->channels[i], channel_name(kind)) == 0)
			return true;
	return false;
}

static bool holds(const struct config *config, const struct person *person, const char *role)
{
	const struct directory *directory = config->directory;
	for (size_t i = 0; i < directory->role_count; i++)
		for (size_t k = 0; strcmp(directory->roles[i].role, role) == 0 && k < directory->roles[i].people_count;
		     k++)
			if (strcmp(directory->roles[i].people[k], person->id) == 0)
				return true;
	return false;
}

static bool tells(const struct config *config, const struct step *step, const struct person *person)
{
	for (size_t i = 0; i < step->role_count; i++)
		if (holds(config, person, step->roles[i]))
			return true;
	return false;
}

/* How many critical steps count on this channel for the person; the first rule of them. NULL person: for anybody. */
static size_t count_steps(const struct config *config, const struct person *person, enum channel_kind kind,
                          const char **rule)
{
	size_t count = 0;
	for (size_t i = 0; i < config->rules->rule_count; i++) {
		const struct rule *one = &config->rules->rules[i];
		for (size_t k = 0; one->severity == SEVERITY_CRITICAL && k < one->step_count; k++) {
			if (!names_channel(&one->steps[k], kind) || (person && !tells(config, &one->steps[k], person)))
				continue;
			*rule = count++ ? *rule : one->id;
		}
	}
	return count;
}

static void say_lack(const char *who, const char *lacks, size_t count, const char *rule, struct buffer *out)
{
	buffer_format(out, "%s and has %s: rule %s", who, lacks, rule);
	if (count > 1)
		buffer_format(out, " and %zu more step%s", count - 1, count > 2 ? "s" : "");
	buffer_string(out, ". They are told another way.\n");
}

static void say_who_lacks(const struct config *config, enum channel_kind kind, struct buffer *out)
{
	const struct channel_words *words = channel_words(kind);
	const char *rule = NULL;
	struct buffer who = {0}, lacks = {0};
	buffer_format(&lacks, "no %s", words->key);
	for (size_t i = 0; i < config->directory->person_count; i++) {
		const struct person *person = &config->directory->people[i];
		size_t count = directory_address(person, kind) ? 0 : count_steps(config, person, kind, &rule);
		buffer_clear(&who);
		buffer_format(&who, "%s is told of critical alerts by %s", person->id, words->name);
		if (count)
			say_lack(buffer_cstr(&who), buffer_cstr(&lacks), count, rule, out);
	}
	buffer_free(&who);
	buffer_free(&lacks);
}

/* Nothing of the kind goes without its option. */
static void say_unsent(const struct config *config, enum channel_kind kind, struct buffer *out)
{
	const struct channel_words *words = channel_words(kind);
	const char *rule = NULL;
	if (!words->options[0] || config_sends_by(config, kind) || !count_steps(config, NULL, kind, &rule))
		return;
	buffer_format(out,
	              "Critical alerts are told by %s (rule %s), and %.*s is not configured: they go another way.\n",
	              words->name, rule, (int)strcspn(words->options[0], "."), words->options[0]);
}

#define NAMED_MOST 10 /* the others are counted: where email is not configured it is everybody */

/* A rule with a step that reaches the person by a channel it names; NULL: there is none. */
static const char *reached_by_rule(const struct config *config, const struct person *person)
{
	for (size_t i = 0; i < config->rules->rule_count; i++) {
		const struct rule *rule = &config->rules->rules[i];
		for (size_t k = 0; k < rule->step_count; k++)
			if (directory_reaches_at(config->directory, person, rule->steps[k].channels,
			                         rule->steps[k].channel_count))
				return rule->id;
	}
	return NULL;
}

/* Who has addresses, and none on a channel that is configured; or, with `by_rule`, those on which only steps count that
 * name the channel. */
static void say_unreached(const struct config *config, bool by_rule, struct buffer *out)
{
	const struct directory *directory = config->directory;
	const char *first = NULL;
	size_t count = 0;
	for (size_t i = 0; i < directory->person_count; i++) {
		const struct person *person = &directory->people[i];
		if (directory_reaches(directory, person))
			continue;
		const char *rule = reached_by_rule(config, person);
		if ((rule != NULL) != by_rule)
			continue;
		first = first ? first : rule;
		if (count < NAMED_MOST)
			buffer_format(out, "%s%s", count ? ", " : "Nothing that is configured reaches ", person->id);
		count++;
	}
	if (count > NAMED_MOST)
		buffer_format(out, " and %zu more", count - NAMED_MOST);
	if (count && by_rule)
		buffer_format(out, " but steps that name a channel, as of rule %s: what else falls to them", first);
	else if (count)
		buffer_string(out, ": what falls to them");
	if (count)
		buffer_string(out, " goes to the next step at once, and ops hear of it.\n");
}

void check_reach(const struct config *config, struct buffer *out)
{
	say_unreached(config, false, out);
	say_unreached(config, true, out);
	for (int i = 0; i < CHANNEL_KINDS; i++) {
		say_who_lacks(config, (enum channel_kind)i, out);
		say_unsent(config, (enum channel_kind)i, out);
	}
}
