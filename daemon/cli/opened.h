/* opened: what most commands begin with: the configuration, and the daemon's database beside the running daemon.
 *
 * The one rule: looking never needs more than is there: a command that only reads goes on with a configuration that is
 * half mended, and says so. */
#ifndef CASEWATCH_CLI_OPENED_H
#define CASEWATCH_CLI_OPENED_H

#include "base/mem.h"
#include "cli/cli.h"
#include "config/config.h"
#include "event/event.h"
#include "explain/ground.h"
#include "store/events/packed.h"
#include "store/store.h"
#include "text/json_write.h"

struct opened {
	struct config *config;       /* its calendar, directory and rules may be NULL */
	size_t faults;               /* of the configuration, for casewatch check */
	struct store *store;         /* STORE_READ */
	const struct zone *zone;
	struct zone *own_zone;       /* where the configuration has none */
	struct event_parser *parser;
	struct cli *cli;             /* whom cli_close tells of damaged events; NULL: there is no store */
	instant now;
};

/* The same for what explains. */
static inline struct ground opened_ground(const struct opened *opened)
{
	return (struct ground){opened->config, opened->store, opened->now, 0};
}

/* The whole configuration, or NULL after printing its faults on standard error, one a line. `rules_dir` as in
 * config_load. */
struct config *cli_config(struct cli *cli, const char *rules_dir);
/* The faults, one a line: "file:line:column: text". */
void cli_print_faults(FILE *to, struct config_faults *faults);
/* The same as a member "faults" of the object that is being written: a list of {file, line, column, text}. */
void cli_put_faults(struct json_writer *json, struct config_faults *faults);
void cli_put_places(struct json_writer *json, const char *name, struct config_faults *faults); /* under another name */

/* CLI_FINE where one of the sets (NULL: none) has a rule of that id; else CLI_WRONG after saying so, with its present
 * id or a guess: what is asked of a rule that is misspelt would else find nothing, and look as if there were
 * nothing. */
enum cli_status cli_know_rule(struct cli *cli, const char *id, const struct ruleset *rules,
                              const struct ruleset *others);

/* Opens the configuration and the store for reading. CLI_WRONG after saying why not. Close in any case. */
enum cli_status cli_open(struct cli *cli, struct opened *opened);
/* The same without the store. */
enum cli_status cli_open_without_store(struct cli *cli, struct opened *opened);
void cli_close(struct opened *opened);

/* Writes what was gathered: control characters that came from outside (an escape sequence could rewrite the terminal)
 * become
 * '?'; line ends stay. Empties the buffer. */
void cli_print(struct cli *cli, struct buffer *text);
/* The same of CSV, a page or JSON, which a program reads: the CR that ends a line of CSV, and tabs, stay too. */
void cli_print_file(struct cli *cli, struct buffer *file);
/* One line of JSON; empties the buffer. */
void cli_print_json(struct cli *cli, struct buffer *json);

/* "3 stored events can no longer be read; the first is event 438: …", and what to do. Nothing where there
 * are none. */
void cli_put_damaged(const struct packed_damage *damaged, struct buffer *out);
void cli_put_damaged_json(const struct packed_damage *damaged, struct json_writer *json); /* members of an object */

/* A field of an event. */
void cli_put_value(struct json_writer *json, const struct value *value);

/* "Tue 4 Feb 2020, 22:10" in the council's time; "-" for never and none. */
void cli_time(const struct opened *opened, instant at, struct buffer *out);

/* A table for a terminal: cells are gathered, then printed in columns as wide as their widest cell. */
struct cli_table {
	const char *const *titles; /* NULL-ended */
	char **cells;
	size_t count, room;
};
void cli_table_add(struct cli_table *table, struct text cell);
void cli_table_add_buffer(struct cli_table *table, struct buffer *cell); /* and empties it */
void cli_table_print(struct cli *cli, struct cli_table *table);          /* and frees it */

#endif
