/* options_cell: the rows of the options for several machines that are told as one (docs/cells.md), and what of them
 * fits together; part of the table in options.c. */
#include "config/config_internal.h"

#include <stddef.h>
#include <stdio.h>

static const char *const no_or_yes[] = {"no", "yes", NULL};

#define IN(member) offsetof(struct config, member)

const struct config_option options_of_cell[] = {
	{.name = "cell.machine",
         .kind = CONFIG_NAME,
         .offset = IN(cell.machine),
         .least = 1,
         .most = CONFIG_CELL_NAME_MOST,
         .help = "This machine's name among those that hold the same council, each with files of its own, and of which "
                 "one sends at a time (docs/cells.md). No two may share one. Without it this machine is alone."},
	{.name = "cell.council",
         .kind = CONFIG_NAME,
         .offset = IN(cell.council),
         .least = 1,
         .most = CONFIG_CELL_NAME_MOST,
         .help = "What the council is called in the journal, on every machine the same, and for ever."},
	{.name = "cell.journal",
         .kind = CONFIG_NAME,
         .offset = IN(cell.journal),
         .least = 1,
         .most = 200,
         .help = "The Kafka topic by which the machines agree on who sends what, at the brokers of kafka.properties. "
                 "Only they may write to it."},
	{.name = "cell.partition",
         .kind = CONFIG_NUMBER,
         .offset = IN(cell.partition),
         .least = 0,
         .most = 1023,
         .fallback = "0",
         .help = "The council's partition of cell.journal; each council has one of its own."},
	{.name = "cell.machines",
         .kind = CONFIG_NUMBER,
         .offset = IN(cell.machines),
         .least = 1,
         .most = 16,
         .fallback = "2",
         .reloadable = true,
         .help = "How many machines the cell has. Where fewer are there ops hear of it. 1: this one is alone on "
                 "purpose, and takes nobody's place."},
	{.name = "cell.group",
         .kind = CONFIG_NAME,
         .offset = IN(cell.group),
         .least = 1,
         .most = 180,
         .fallback = "casewatch-cell",
         .help = "The consumer group that names the machine which should send; the partition's number is put behind "
                 "it. On every machine the same."},
	{.name = "cell.key-file",
         .kind = CONFIG_SECRET,
         .offset = IN(cell.key_file),
         .help = "The file with the key after which messages are named, on every machine the same: what is sent again "
                 "by another machine has the same Message-ID. At least 16 bytes."},
	{.name = "cell.one-broker",
         .kind = CONFIG_WORD,
         .offset = IN(cell.one_broker),
         .words = no_or_yes,
         .fallback = "no",
         .help = "Whether the journal may stand on one broker's disk alone, or on brokers of which none may be away: "
                 "`casewatch check` asks how it is kept, and refuses that otherwise."},
	{.name = "cell.edition-seconds",
         .kind = CONFIG_NUMBER,
         .offset = IN(cell.edition_seconds),
         .least = 1,
         .most = 86400,
         .fallback = "300",
         .help = "So long this machine sends nothing where it cannot take a configuration that was published, and "
                 "tries again; then it goes on with the one before, behind all machines that took it."},
};
const size_t options_of_cell_count = sizeof options_of_cell / sizeof *options_of_cell;
_Static_assert(sizeof options_of_cell / sizeof *options_of_cell <= OPTIONS_OF_CELL_MOST, "room in options.c");

/* What happens is a function of one log: of two partitions each machine would read the records in another order, and
 * those that a group gives to one machine the others would never see. */
static void check_one_log(const struct loader *loader)
{
	const struct config_kafka *kafka = &loader->reader.config->kafka;
	if (!kafka->topic_count && !node_of(loader, "kafka.topics"))
		fault_option(loader, "cell.machine",
		             "the machines of a cell are told the same by a log: write kafka.topics and the brokers in "
		             "kafka.properties");
	else if (!kafka->partition_count && !node_of(loader, "kafka.partitions"))
		fault_option(
			loader, "cell.machine",
			"the machines of a cell read one partition, each all of it: write kafka.partitions, such as "
			"[0], and kafka.sources");
	if (kafka->topic_count > 1)
		fault_option(loader, "kafka.topics",
		             "in a cell (cell.machine) a council has one topic: the machines would read two in "
		             "different orders; write one");
	if (kafka->partition_count > 1)
		fault_option(loader, "kafka.partitions",
		             "in a cell (cell.machine) a council has one partition: the machines would read two in "
		             "different orders; write one");
}

void check_cell(const struct loader *loader)
{
	const struct config *config = loader->reader.config;
	const struct config_cell *cell = &config->cell;
	const struct {
		const char *name, *value;
	} needed[] = {{"cell.council", cell->council},
	              {"cell.journal", cell->journal},
	              {"cell.key-file", cell->key_file}};
	bool named = cell->machine || node_of(loader, "cell.machine");
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
		char words[160];
		if (named && !needed[i].value && !node_of(loader, needed[i].name)) {
			(void)snprintf(words, sizeof words, "cell.machine needs %s, too; write it (docs/cells.md)",
			               needed[i].name);
			fault_option(loader, "cell.machine", words);
		} else if (!named && needed[i].value) {
			(void)snprintf(words, sizeof words,
			               "%s without cell.machine; write this machine's name, or remove it",
			               needed[i].name);
			fault_option(loader, needed[i].name, words);
		}
	}
	if (named)
		check_one_log(loader);
}
