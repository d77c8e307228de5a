/* parts: what the files of the replay share of struct replay. Internal to it. */
#ifndef CASEWATCH_BACKTEST_REPLAY_INTERNAL_H
#define CASEWATCH_BACKTEST_REPLAY_INTERNAL_H

#include "backtest/replay.h"

#include "text/json_write.h"

/* What the engine is asked ahead for. */
#define AHEAD 16
_Static_assert(AHEAD >= 2 * ENGINE_STAGES, "an event to come keeps its place until it is taken");

/* An alert that stands for weeks is told again with each event of it, and names all of them each time: what was written
 * last is kept, and written on. Of so many; fewer are as quickly written anew. */
#define EVIDENCE_MANY 32
struct evidence_told {
	struct evidence *items; /* those that `ids` names */
	size_t count, room;
	struct buffer ids;      /* as in the line, between the brackets */
};

/* What is the same in every line of a rule, and mostly in those of one of its steps: written once, and copied. */
#define STEPS_KEPT 8
struct rule_told {
	struct buffer rule; /* ,"rule":"…" */
	struct step_told {
		struct buffer text;  /* ,"severity":"…","tell":[…] */
		struct buffer roles; /* those that it names, each with its NUL: an effect's own may be gone by then */
		size_t count;
	} steps[STEPS_KEPT]; /* by step, of those that fall together the last */
};

/* Of the histories of a shard, judged one after the other: of 50,000 under three rules one is 1 MiB. */
#define PARTS 64

struct replay {
	const struct config *config;
	struct replay_options options;
	replay_line *line;
	replay_opened *opened;
	void *context;
	struct event_parser *parser;
	struct memory_host *host;
	struct engine *engine;
	struct arena *group;      /* of the events of one instant */
	struct event **waiting;   /* those events */
	size_t group_count, waiting_room;
	size_t settled;           /* the first so many of them borrow from the host alone */
	instant now;              /* of the group; NONE before the first arrival */
	instant judged;           /* of the last flush */
	instant *lists_due;       /* of each list, when it is next due */
	instant next_list;        /* the next list due; NEVER: none */
	size_t next_list_index;
	struct buffer out;
	struct evidence_told told;
	struct rule_told *rules; /* by rule->index */
	size_t rule_count;
	/* of a shard: what is given, by part */
	struct replay_given *sorted;
	size_t sorted_room, part_ends[PARTS];
	uint64_t ahead[AHEAD];    /* what the engine finds the events to come by */
	bool is_shard;            /* has no lists */
	int64_t line_reached;     /* of the input, by a shard */
	struct line_order order;  /* of the line that is printed */
	bool past;                /* an arrival after `until` was seen */
	struct answer_line {
		uint64_t ref;
		int64_t line;
	} *answers;               /* lines of events of which a warning may come when they are judged */
	size_t answer_count, answer_room;
	type_id type_mute_started, type_mute_ended;
};

/* replay_lines.c: the parts of a line that all have, before and after its own. */
struct json_writer replay_begin_line(struct replay *replay, instant at, const char *what);
void replay_end_line(struct replay *replay, struct json_writer *json);
bool replay_hides(const struct replay *replay, instant at); /* it lies before what is asked for */
void replay_print_refused(struct replay *replay, int64_t line_number, const struct event *event, const char *reason);
void replay_print_warning(struct replay *replay, int64_t line_number, const struct event *event, const char *field,
                          const char *reason);
void replay_print_warnings(struct replay *replay, int64_t line_number, const struct event *event);
void replay_free_lines(struct replay *replay); /* what is kept of those that were printed */
/* Answers and mutes: whether they have an effect is known when they are judged. */
void replay_note_line(struct replay *replay, const struct event *event, int64_t line_number);
/* What the host hears of the engine; the context is the replay. */
enum result replay_take_effect(void *context, const struct effect *effect, struct fault *fault);
enum result replay_take_warning(void *context, uint64_t ref, const char *field, const char *reason,
                                struct fault *fault);

#endif
