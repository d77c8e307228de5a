/* init: a first configuration from five answers and a file of people; between the files of `casewatch init`.
 *
 * The one rule: what is written was checked by the same check as every later change, and nothing that is there already
 * is touched. */
#ifndef CASEWATCH_CLI_INIT_INIT_H
#define CASEWATCH_CLI_INIT_INIT_H

#include "cli/opened.h"

#define INIT_PEOPLE_MOST 10000 /* rows of the file of people: the largest council has a tenth of them in social care   \
	                        */

/* A person, as their first row says it; later rows of the same email add roles and teams. */
struct init_person {
	struct text id, worker, email, phone, hours, login;
	int64_t row;   /* line of the file, from 1; 0: none (ops) */
	bool left_out; /* their row was not taken */
};
/* A team that rows name; made of its title. */
struct init_team {
	struct text id, title, parent; /* `parent` is a title, as rows say it; empty: none */
	size_t manager, head;          /* people; SIZE_MAX: no row says */
	bool is_parent;
};
struct init_hold {
	const char *role;
	size_t person;
};
/* In the order in which they come to their place: what the others are named by comes last. */
enum init_file { INIT_DIRECTORY, INIT_ROTA, INIT_CONFIG, INIT_FILES };
/* What will be written. */
struct init_plan {
	struct arena *arena;
	struct cli *cli;
	const struct directory *sample; /* roles, their titles and ladder */
	const char *council, *kafka, *topic, *kafka_user, *mail, *from, *mail_user, *ops, *people_file;
	const char *out, *samples, *database, *spool; /* `out`: the directory that the files will stand in */
	const char *files[INIT_FILES];                /* their names there */
	struct init_person *people;
	size_t person_count, person_room;
	struct init_team *teams;
	size_t team_count, team_room;
	struct init_hold *holds;
	size_t hold_count, hold_room;
	struct text duty_team, duty_phone;
	size_t rows, refused; /* of the file */
	int64_t *lines;       /* by line of directory.yaml: the row it was made of; 0: none */
	size_t line_count, line_room;
	struct buffer to_do; /* sentences for the end: what nobody holds yet */
};

/* "FILE:LINE: WHY (not taken)" on standard error, counted. */
void init_refuse_row(struct init_plan *plan, int64_t row, const char *format, ...) PRINTF_LIKE(3, 4);
/* init_people.c: reads the file of people. False after saying why it is none. */
bool init_read_people(struct init_plan *plan);
/* An empty one: the columns, and a row a role that somebody must hold. */
void init_print_form(const struct directory *sample, struct buffer *out);

/* init_write.c: the files. */
void init_write_config(const struct init_plan *plan, instant now, struct buffer *out);
/* Notes, by line, of which row each line was made, and adds to `to_do`. False after saying who must be named and is
 * not. */
bool init_write_directory(struct init_plan *plan, struct buffer *out);
/* The first rota of the role: its people in turn, a week each, from the Monday before `now`. */
void init_write_rota(const struct init_plan *plan, const char *role, instant now, struct buffer *out);

/* init_place.c: the draft beside its place, and the move. Each says why it fails. */
struct init_draft {
	char *directory; /* "/etc/casewatch/.init-XXXXXX" */
};
/* Fails where one of the files is there already. */
bool init_draft_begin(struct init_plan *plan, struct init_draft *draft);
/* Files about people are for root and the daemon alone. */
bool init_draft_write(struct init_plan *plan, const struct init_draft *draft, enum init_file which,
                      const struct buffer *bytes);
/* All of the files or none, none over another. */
bool init_draft_place(struct init_plan *plan, const struct init_draft *draft);
void init_draft_end(struct init_plan *plan, struct init_draft *draft); /* removes it */
/* The name under which the configuration names a directory or file that is there already or comes with casewatch. */
const char *init_path(const struct init_plan *plan, const char *name);

#endif
