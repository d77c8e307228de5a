/* check_reach: who lacks a phone, or a webhook, that a critical rule counts on. */
#include "cli/check_reach.h"

#define CHANNELS 3
static const enum channel_kind kinds[CHANNELS] = {CHANNEL_EMAIL, CHANNEL_TEXT, CHANNEL_WEBHOOK};
static const char *const wanted[CHANNELS] = {"email", "phone", "webhook"};

static size_t kind_of(const char *channel)
{
	size_t which = 0;
	while (which + 1 < CHANNELS && strcmp(channel, channel_name(kinds[which])) != 0)
		which++;
	return which;
}

static bool names_channel(const struct step *step, size_t which)
{
	for (size_t i = 0; i < step->channel_count; i++)
		if (kind_of(step->channels[i]) == which)
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
static size_t count_steps(const struct config *config, const struct person *person, size_t which, const char **rule)
{
	size_t count = 0;
	for (size_t i = 0; i < config->rules->rule_count; i++) {
		const struct rule *one = &config->rules->rules[i];
		for (size_t k = 0; one->severity == SEVERITY_CRITICAL && k < one->step_count; k++) {
			if (!names_channel(&one->steps[k], which) || (person && !tells(config, &one->steps[k], person)))
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

void check_reach(const struct config *config, struct buffer *out)
{
	for (size_t which = 0; which < CHANNELS; which++) {
		const char *rule = NULL;
		for (size_t i = 0; i < config->directory->person_count; i++) {
			const struct person *person = &config->directory->people[i];
			if (directory_address(person, kinds[which]))
				continue;
			size_t count = count_steps(config, person, which, &rule);
			struct buffer who = {0}, lacks = {0};
			buffer_format(&who, "%s is told of critical alerts by %s", person->id,
			              channel_name(kinds[which]));
			buffer_format(&lacks, "no %s", wanted[which]);
			if (count)
				say_lack(buffer_cstr(&who), buffer_cstr(&lacks), count, rule, out);
			buffer_free(&who);
			buffer_free(&lacks);
		}
		bool unsent = kinds[which] == CHANNEL_TEXT && !config->notify.text_template;
		size_t count = unsent ? count_steps(config, NULL, which, &rule) : 0;
		if (count)
			buffer_format(out,
			              "Critical alerts are told by text (rule %s), and notify is not configured: they "
			              "go another way.\n",
			              rule);
	}
}
