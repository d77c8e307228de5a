/* freeze_alerts: alerts and early warnings as bytes, and back: most of what most histories hold, so what most of them
 * have not takes no byte. */
#include "engine/history/freeze_internal.h"

static uint32_t reason_number(struct reasons *reasons, const char *reason)
{
	if (!reason)
		return 0;
	for (size_t i = 0; i < reasons->count; i++)
		if (reasons->items[i] == reason)
			return (uint32_t)i + 1;
	*(const char **)mem_push((void **)&reasons->items, &reasons->count, &reasons->room, sizeof reason) = reason;
	return (uint32_t)reasons->count;
}

CODEC_INLINE void code_reason(struct freezer *freezer, bool writing, const char **reason)
{
	uint32_t number = writing ? reason_number(freezer->reasons, *reason) : 0;
	codec_u32(freezer->codec, writing, &number);
	if (!writing)
		*reason = number ? freezer->reasons->items[number - 1] : NULL;
}

/* What most alerts have none of, a bit each that says that it is written. */
enum outcome_has {
	HAS_USUAL_IDENTITY, HAS_DUE, HAS_RAN_SINCE, HAS_NIGHTS, HAS_REMARKS, HAS_NEXT, HAS_CLOSED_BY, HAS_REPLIES,
	HAS_ANSWER, HAS_STOOD, HAS_ASKED, HAS_ACKNOWLEDGED, HAS_SPENT, HAS_FROM_ALERT
};

static uint64_t usual_identity(const struct freezer *freezer, const struct outcome *outcome)
{
	return mark_mix(freezer->identities[outcome->rule], outcome->key);
}

static uint32_t outcome_has(const struct freezer *freezer, const struct outcome *outcome)
{
	const struct ladder *ladder = &outcome->ladder;
	return (uint32_t)(outcome->identity == usual_identity(freezer, outcome)) << HAS_USUAL_IDENTITY |
	       (uint32_t)(outcome->due != INSTANT_NONE) << HAS_DUE |
	       (uint32_t)(outcome->ran_since != INSTANT_NEVER) << HAS_RAN_SINCE |
	       (uint32_t)(outcome->nights != 0) << HAS_NIGHTS | (uint32_t)(outcome->remarks != 0) << HAS_REMARKS |
	       (uint32_t)(outcome->next_standing != 0) << HAS_NEXT |
	       (uint32_t)(outcome->closed_by != 0) << HAS_CLOSED_BY |
	       (uint32_t)(outcome->reply_count != 0) << HAS_REPLIES |
	       (uint32_t)(ladder->answer || ladder->heard) << HAS_ANSWER |
	       (uint32_t)(ladder->stood_until != INSTANT_NONE) << HAS_STOOD |
	       (uint32_t)(ladder->asked != ladder->told) << HAS_ASKED |
	       (uint32_t)ladder->acknowledged << HAS_ACKNOWLEDGED | (uint32_t)ladder->spent << HAS_SPENT |
	       (uint32_t)(outcome->from_alert != 0) << HAS_FROM_ALERT;
}

CODEC_INLINE void code_ladder(struct freezer *freezer, bool writing, struct ladder *ladder, instant opened,
                              uint32_t has)
{
	struct codec *codec = freezer->codec;
	codec_instant(codec, writing, &ladder->told, opened);
	codec_instant(codec, writing, &ladder->next, opened);
	codec_u16(codec, writing, &ladder->step);
	codec_u8(codec, writing, &ladder->why);
	if (!writing) {
		ladder->asked = ladder->told;
		ladder->stood_until = INSTANT_NONE;
		ladder->acknowledged = has >> HAS_ACKNOWLEDGED & 1;
		ladder->spent = has >> HAS_SPENT & 1;
	}
	if (has & 1u << HAS_ASKED)
		codec_instant(codec, writing, &ladder->asked, opened);
	if (has & 1u << HAS_STOOD)
		codec_instant(codec, writing, &ladder->stood_until, opened);
	if (has & 1u << HAS_ANSWER) {
		codec_u64(codec, writing, &ladder->answer);
		codec_near(codec, writing, &ladder->heard, ladder->answer);
	}
}

CODEC_INLINE void code_replies(struct freezer *freezer, bool writing, struct outcome *outcome)
{
	struct codec *codec = freezer->codec;
	code_count(codec, writing, (void **)&outcome->replies, &outcome->reply_count, &outcome->reply_room,
	           sizeof *outcome->replies);
	codec_reserve(codec, 7 * (size_t)outcome->reply_count);
	for (uint32_t i = 0; i < outcome->reply_count; i++) {
		struct reply *reply = &outcome->replies[i];
		uint8_t passed = reply->passed;
		codec_u64(codec, writing, &reply->ref);
		code_key(freezer, writing, &reply->role);
		code_key(freezer, writing, &reply->person);
		code_key(freezer, writing, &reply->to);
		codec_instant(codec, writing, &reply->at, freezer->base);
		codec_instant(codec, writing, &reply->review, freezer->base);
		codec_u8(codec, writing, &passed);
		reply->passed = passed;
	}
}

CODEC_INLINE void code_outcome_flags(bool writing, uint32_t *bits, struct outcome *outcome)
{
	codec_flag(writing, bits, 0, &outcome->expired);
	codec_flag(writing, bits, 1, &outcome->by_date);
	codec_flag(writing, bits, 2, &outcome->instantaneous);
	codec_flag(writing, bits, 3, &outcome->changed);
	codec_flag(writing, bits, 4, &outcome->no_longer);
	codec_flag(writing, bits, 5, &outcome->listed);
	codec_flag(writing, bits, 6, &outcome->provisional);
	codec_flag(writing, bits, 7, &outcome->as_shadow);
	codec_flag(writing, bits, 8, &outcome->corrected);
}

/* The id of most follows from the identity, and the hash of what was reported from the evidence: a bit each. */
enum names_follow { ID_FOLLOWS = 1, HASH_FOLLOWS = 2 };

static unsigned names_follow(const struct freezer *freezer, const struct outcome *outcome)
{
	bool id = outcome->identity && outcome->id == outcome_id_of(freezer->history, outcome->identity);
	return (id ? ID_FOLLOWS : 0U) | (outcome->reported_hash == outcome->evidence_hash ? HASH_FOLLOWS : 0U);
}

CODEC_INLINE void code_outcome_names(struct freezer *freezer, bool writing, struct outcome *outcome, unsigned follow,
                                     uint32_t has)
{
	struct codec *codec = freezer->codec;
	code_key(freezer, writing, &outcome->key);
	if (has & 1u << HAS_USUAL_IDENTITY)
		outcome->identity = usual_identity(freezer, outcome);
	else
		code_identity(freezer, writing, &outcome->identity, outcome->rule, outcome->key);
	if (follow & ID_FOLLOWS)
		outcome->id = outcome_id_of(freezer->history, outcome->identity);
	else
		codec_raw64(codec, writing, &outcome->id);
	if (follow & HASH_FOLLOWS)
		outcome->reported_hash = outcome->evidence_hash;
	else
		codec_raw64(codec, writing, &outcome->reported_hash);
}

CODEC_INLINE void code_outcome_rest(struct freezer *freezer, bool writing, struct outcome *outcome, uint32_t has)
{
	struct codec *codec = freezer->codec;
	if (!writing) {
		outcome->due = INSTANT_NONE;
		outcome->ran_since = INSTANT_NEVER;
	}
	if (has & 1u << HAS_DUE)
		codec_instant(codec, writing, &outcome->due, outcome->opened);
	if (has & 1u << HAS_RAN_SINCE)
		codec_instant(codec, writing, &outcome->ran_since, outcome->opened);
	if (has & 1u << HAS_FROM_ALERT)
		codec_u32(codec, writing, &outcome->from_alert);
	if (has & 1u << HAS_NIGHTS)
		codec_u32(codec, writing, &outcome->nights);
	if (has & 1u << HAS_REMARKS)
		codec_u8(codec, writing, &outcome->remarks);
	if (has & 1u << HAS_NEXT)
		codec_u32(codec, writing, &outcome->next_standing);
	if (has & 1u << HAS_CLOSED_BY)
		codec_u64(codec, writing, &outcome->closed_by);
	if (has & 1u << HAS_REPLIES)
		code_replies(freezer, writing, outcome);
}

CODEC_INLINE void code_outcome(struct freezer *freezer, bool writing, struct outcome *outcome)
{
	struct codec *codec = freezer->codec;
	uint32_t bits = 0, type = outcome->type, has = writing ? outcome_has(freezer, outcome) : 0;
	unsigned follow = writing ? names_follow(freezer, outcome) : 0;
	uint8_t states = (uint8_t)(outcome->state | follow << 2 | (unsigned)outcome->reported << 4);
	code_evidence(freezer, writing, &outcome->evidence, &outcome->evidence_count, &outcome->evidence_room);
	if (!writing)
		outcome_hash_evidence(outcome);
	codec_reserve(codec, 40);
	code_outcome_flags(writing, &bits, outcome);
	codec_u32(codec, writing, &bits);
	code_outcome_flags(writing, &bits, outcome);
	codec_u32(codec, writing, &has);
	codec_u8(codec, writing, &states);
	outcome->state = states & 3;
	outcome->reported = states >> 4;
	codec_u16(codec, writing, &outcome->rule);
	codec_u32(codec, writing, &type);
	outcome->type = (type_id)type;
	code_outcome_names(freezer, writing, outcome, states >> 2 & 3U, has);
	codec_instant(codec, writing, &outcome->opened, freezer->base);
	codec_instant(codec, writing, &outcome->closed, outcome->opened);
	code_reason(freezer, writing, &outcome->reason);
	code_ladder(freezer, writing, &outcome->ladder, outcome->opened, has);
	code_outcome_rest(freezer, writing, outcome, has);
}

CODEC_INLINE void code_warned(struct freezer *freezer, bool writing, struct warned *warned)
{
	struct codec *codec = freezer->codec;
	bool usual = writing && warned->identity && warned->id == outcome_id_of(freezer->history, warned->identity);
	uint8_t form = (uint8_t)(usual | warned->reported << 1 | (warned->start != INSTANT_NONE) << 2 |
	                         (warned->evidence.ref != 0) << 3);
	codec_u8(codec, writing, &form);
	warned->reported = form >> 1 & 1;
	codec_u16(codec, writing, &warned->rule);
	code_key(freezer, writing, &warned->key);
	code_identity(freezer, writing, &warned->identity, warned->rule, warned->key);
	if (form & 1)
		warned->id = outcome_id_of(freezer->history, warned->identity);
	else
		codec_raw64(codec, writing, &warned->id);
	codec_instant(codec, writing, &warned->at, freezer->base);
	codec_instant(codec, writing, &warned->due, warned->at);
	if (!writing)
		warned->start = INSTANT_NONE;
	if (form & 4)
		codec_instant(codec, writing, &warned->start, warned->at);
	codec_u32(codec, writing, &warned->stage);
	if (form & 8)
		codec_u64(codec, writing, &warned->evidence.ref);
	codec_instant(codec, writing, &warned->evidence.time, warned->at);
}

void freeze_outcome(struct freezer *freezer, bool writing, struct outcome *outcome)
{
	if (writing)
		code_outcome(freezer, true, outcome);
	else
		code_outcome(freezer, false, outcome);
}

void freeze_warned(struct freezer *freezer, bool writing, struct warned *warned)
{
	if (writing)
		code_warned(freezer, true, warned);
	else
		code_warned(freezer, false, warned);
}
