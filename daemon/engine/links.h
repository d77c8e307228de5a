/* links: merges as statements about pairs of ids; linked ids are one history (rules.md, "Corrections").
 *
 * Of the statements about a pair, in either direction, the latest by (time, source, id) holds; if it is a merge, the
 * two are linked. Linked ids are one history under the id that never ceased (of several, or in a ring, the smallest).
 * The one rule: the answer depends on the statements that stand, never on the order in which they came. A statement
 * costs some steps for each doubling of what is linked; a split costs what is in the smaller part. Knows no host and no
 * history. Internal to engine/. */
#ifndef CASEWATCH_ENGINE_LINKS_H
#define CASEWATCH_ENGINE_LINKS_H

#include "base/clock.h"
#include "base/text.h"

struct links;

struct links *links_new(void);
void links_free(struct links *links); /* NULL is fine */
void links_clear(struct links *links);

/* The id under which it is one history with others; itself where it is linked with none. Valid until links_clear. */
struct text links_canonical(const struct links *links, struct text id);
/* Every id of the same history, itself included; valid until the next change, and where it is linked with none, the
 * next call. */
size_t links_members(const struct links *links, struct text id, const struct text **members);

/* What the engine has found out about the events of linked ids: asked once, then kept for all that is linked with
 * them. */
enum links_events { LINKS_UNKNOWN, LINKS_NO_EVENTS, LINKS_SOME_EVENTS };
enum links_events links_events(const struct links *links, struct text id); /* UNKNOWN where it is linked with none */
void links_set_events(struct links *links, struct text id, enum links_events events); /* where it is linked */
/* links_canonical of an id that an event is of: from now on it and what it is linked with have some. */
struct text links_take_event(struct links *links, struct text id);

struct links_statement {
	uint64_t ref;               /* the event's; what is removed is named by it */
	instant time;
	struct text source, id;
	struct text survivor, ceased;
	bool merged;                /* false: they are not the same person after all */
};

/* What a statement changed. Up to two parts, each the ids that share a history now and shared one before; the first is
 * that of the survivor. */
struct links_change {
	struct links_part {
		const struct text *ids; /* valid until the next change */
		size_t count;
		struct text before, after; /* the id they had, and have, their history under */
	} parts[2];
	size_t part_count;          /* 0: nothing changed */
};

/* A statement stands (texts are copied; one that stands already changes nothing), or no longer does. */
void links_add(struct links *links, const struct links_statement *statement, struct links_change *change);
void links_remove(struct links *links, uint64_t ref, struct links_change *change);
/* What has changed until now stays. */
void links_keep(struct links *links);
/* What changed since links_keep, or since it was made, is taken back: of a transaction that failed. Costs what changed,
 * and forgets what was found out about events. */
void links_undo(struct links *links);
void links_forget_events(struct links *links); /* what was found out about them: others look at them now */
uint64_t links_steps(const struct links *links); /* work done since it was made: what tests count in place of time */

#endif
