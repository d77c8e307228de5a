/* missing_fold: from a child's notes to the child's episodes; private to missing_*.c. */
#ifndef CASEWATCH_REPORT_MISSING_FOLD_H
#define CASEWATCH_REPORT_MISSING_FOLD_H

#include "report/missing_facts.h"

/* In the order of TYPE_NAMES: the first three make a child known. */
enum missing_note_kind { NOTE_STARTED, NOTE_ENDED, NOTE_RISK, NOTE_HELD, NOTE_DECLINED, NOTE_DISCUSSED, NOTE_CHILD,
	                 NOTE_DIED, NOTE_TRANSFERRED, NOTE_ALLOCATED, NOTE_RELEASED };
#define MISSING_NOTE_KINDS 11
enum missing_name { NAME_EPISODE, NAME_KIND, NAME_FROM, NAME_PLACEMENT, NAME_RISK, NAME_BIRTH, NAME_INITIALS,
	            NAME_RESTRICTED, NAME_ROLE, NAME_WORKER, NAME_TEAM };
#define MISSING_NAMES 11

/* What is kept of an event: there may be a million of them, so texts are pointers (NULL: none), and two places serve all
 * kinds. */
struct missing_note {
	instant time, arrived;
	const char *source, *id;
	const char *key;            /* the episode, or the role of an allocation */
	const char *first;          /* started: from; child.updated: initials; allocation: worker */
	const char *second;         /* started: placement; allocation: team */
	civil_day birth;
	uint8_t kind, risk;         /* enum missing_note_kind, enum missing_risk */
	bool day_only, away, from_unreadable, placement_unreadable, restricted, says_restricted;
};

/* Sorts `notes` and fills all of `person` but id and alert. What it points to is allocated in `arena`. */
void missing_fold(const struct zone *zone, struct missing_note *notes, size_t count, instant now, struct arena *arena,
                  struct missing_person *person);

#endif
