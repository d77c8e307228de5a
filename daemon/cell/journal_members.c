/* journal_members: how many machines are in the group: whether any stands by.
 *
 * The group's coordinator alone knows who is there: whoever stands by writes nothing to the journal. It is asked by a
 * thread that lives as long as the question, since the answer waits for each broker. Not by DescribeConsumerGroups:
 * librdkafka 2.0.2 ends the process where the coordinator is lost while it asks. */
#include "cell/journal_internal.h"

#include "base/threads.h"

#define ASK_EVERY_MS 10000
#define ASK_WAITS_MS 1000 /* a clean stop waits so long for it at most */

/* What is no answer leaves what was heard before, until that is old. */
static void *ask(void *argument)
{
	struct journal *journal = argument;
	const struct rd_kafka_group_list *list = NULL;
	rd_kafka_resp_err_t error = rd_kafka_list_groups(journal->producer, journal->group, &list, ASK_WAITS_MS);
	bool some = error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR__PARTIAL;
	if (some && list && list->group_cnt == 1)
		error = list->groups[0].err;
	else if (error == RD_KAFKA_RESP_ERR_NO_ERROR) /* we are in it; who may not see it is told that there is none */
		error = RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND;
	if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
		atomic_store(&journal->members, (int64_t)list->groups[0].member_cnt);
		atomic_store(&journal->members_heard, clock_boot() / 1000);
	}
	atomic_store(&journal->members_error, (int)error);
	if (list)
		rd_kafka_group_list_destroy(list);
	atomic_store(&journal->answered, true);
	return NULL;
}

void journal_members_look(struct journal *journal)
{
	int64_t now = clock_boot() / 1000;
	if (journal->asking && atomic_load(&journal->answered)) {
		(void)pthread_join(journal->asker, NULL);
		journal->asking = false;
		journal->ask_at = now + ASK_EVERY_MS;
	}
	if (journal->asking || now < journal->ask_at)
		return;
	atomic_store(&journal->answered, false);
	journal->asking = thread_start(&journal->asker, ask, journal);
	if (!journal->asking)
		journal->ask_at = now + ASK_EVERY_MS;
}

void journal_members_end(struct journal *journal)
{
	if (journal->asking)
		(void)pthread_join(journal->asker, NULL);
	journal->asking = false;
}
