/* unsettled: what changed at an instant, as the set of the rules that read it. */
#include "engine/fold/fold.h"

static const struct rule_readers *readers_of(const struct fold *fold)
{
	return &fold->index->readers[fold->history->domain];
}

static void note(struct fold *fold, const uint64_t *rows, size_t row)
{
	size_t words = readers_of(fold)->words;
	for (size_t i = 0; i < words; i++)
		fold->unsettled[i] |= rows[row * words + i];
}

void settle_state_changed(struct fold *fold, uint16_t state)
{
	note(fold, readers_of(fold)->of_state, state);
}

void settle_type_seen(struct fold *fold, type_id type)
{
	note(fold, readers_of(fold)->of_type, type);
}

void settle_rule_changed(struct fold *fold, uint16_t rule)
{
	note(fold, readers_of(fold)->of_rule, rule);
}

void settle_all_changed(struct fold *fold)
{
	for (size_t i = 0; i < readers_of(fold)->words; i++)
		fold->unsettled[i] = UINT64_MAX;
}

void settle_always(struct fold *fold)
{
	note(fold, readers_of(fold)->always, 0);
}

void settle_forget(struct fold *fold)
{
	for (size_t i = 0; i < readers_of(fold)->words; i++)
		fold->unsettled[i] = 0;
}
