/* journal_members: how many machines are in the group: whether any stands by.
 *
 * The group's coordinator alone knows who is there: whoever stands by writes nothing to the journal. */
#include "cell/journal_internal.h"

#define ASK_EVERY_MS 10000
#define ASK_WAITS_MS 5000

static void ask(struct journal *journal)
{
	const char *groups[] = {journal->group};
	char why[256];
	rd_kafka_AdminOptions_t *options =
		rd_kafka_AdminOptions_new(journal->producer, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
	(void)rd_kafka_AdminOptions_set_request_timeout(options, ASK_WAITS_MS, why, sizeof why);
	if (!journal->answers)
		journal->answers = rd_kafka_queue_new(journal->producer);
	rd_kafka_DescribeConsumerGroups(journal->producer, groups, 1, options, journal->answers);
	rd_kafka_AdminOptions_destroy(options);
	journal->asking = true;
}

/* What is no answer leaves what was heard before, until that is old. */
static void hear(struct journal *journal, rd_kafka_event_t *event, int64_t now)
{
	const rd_kafka_DescribeConsumerGroups_result_t *result = rd_kafka_event_DescribeConsumerGroups_result(event);
	size_t count = 0;
	if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR || !result)
		return;
	const rd_kafka_ConsumerGroupDescription_t **groups =
		rd_kafka_DescribeConsumerGroups_result_groups(result, &count);
	const rd_kafka_error_t *error = count == 1 ? rd_kafka_ConsumerGroupDescription_error(groups[0]) : NULL;
	if (count != 1 || (error && rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_NO_ERROR))
		return;
	atomic_store(&journal->members, (int64_t)rd_kafka_ConsumerGroupDescription_member_count(groups[0]));
	atomic_store(&journal->members_heard, now);
}

void journal_members_look(struct journal *journal)
{
	int64_t now = clock_boot() / 1000;
	rd_kafka_event_t *event = journal->asking ? rd_kafka_queue_poll(journal->answers, 0) : NULL;
	if (event) {
		hear(journal, event, now);
		rd_kafka_event_destroy(event);
		journal->asking = false;
		journal->ask_at = now + ASK_EVERY_MS;
	}
	if (!journal->asking && now >= journal->ask_at)
		ask(journal);
}

void journal_members_end(struct journal *journal)
{
	if (journal->answers)
		rd_kafka_queue_destroy(journal->answers);
	journal->answers = NULL;
}
