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

/* What is kept of an event. */
struct missing_note {
	enum missing_note_kind kind;
	instant time, arrived;
	struct text source, id;
	bool day_only;
	struct text key;            /* the episode, or the role of an allocation */
	bool away, from_unreadable, placement_unreadable, restricted, says_restricted;
	enum missing_risk risk;
	struct text from, placement, initials, worker, team;
	civil_day birth;
};

/* Sorts `notes` and fills all of `person` but id and alert. What it points to is allocated in `arena`. */
void missing_fold(const struct zone *zone, struct missing_note *notes, size_t count, instant now, struct arena *arena,
                  struct missing_person *person);

#endif
