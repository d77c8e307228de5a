/* courier: the courier with everything it asks of others. */
#include "run/run_internal.h"

#include "base/log.h"
#include "channel/http/notify.h"
#include "channel/http/webhook.h"
#include "channel/smtp/verp.h"

#include <stdlib.h>

#define GRACE_MS 3000 /* for mails under way when the daemon leaves */

_Static_assert(CONFIG_RELAYS_MOST + 1 == RELAYS_MOST, "as many servers as the channel can try");
_Static_assert(CONFIG_BOUNCE_LOCAL_MOST == VERP_LOCAL_MOST, "an address that fits");

static bool on_nobody(void *context, struct text alert, int step, bool others, const struct outbox_same *row)
{
	struct council *council = context;
	struct fault fault = {0};
	if (orders_are_given(council)) /* every machine finds it at a time of its own: they climb at the log's */
		return orders_give_nobody(council, alert, step, others, row);
	enum result result =
		others ? pipeline_one_less(council->pipeline, alert, step, council_now(council), &fault)
		       : pipeline_nobody(council->pipeline, alert, step, council_now(council), &fault);
	council_after(council, result, &fault);
	return result != RESULT_TEMPORARY;
}

static void on_fatal(void *context, const struct fault *fault)
{
	council_after(context, RESULT_PERMANENT, fault);
}

static size_t on_linked(void *context, struct text subject, struct text *ids, size_t room)
{
	const struct council *council = context;
	const struct text *members;
	/* Where they cannot be read, nor can the child's history: then the message waits. */
	(void)pipeline_learn_links(council->pipeline);
	size_t count = pipeline_linked(council->pipeline, subject, &members);
	for (size_t i = 0; i < count && i < room; i++)
		ids[i] = members[i];
	return count < room ? count : room;
}

static enum smtp_security security_of(enum smtp_tls tls)
{
	switch (tls) {
	case SMTP_TLS_NONE: return SMTP_PLAIN;
	case SMTP_TLS_STARTTLS: return SMTP_STARTTLS;
	case SMTP_TLS_IMPLICIT: return SMTP_IMPLICIT_TLS;
	}
	return SMTP_STARTTLS;
}

static struct smtp_settings server_of(const struct config_smtp *smtp, const char *host, int port)
{
	return (struct smtp_settings){.host = host,
	                              .port = port,
	                              .security = security_of(smtp->tls),
	                              .ca_file = smtp->ca_file,
	                              .user = smtp->user,
	                              .password_file = smtp->password_file,
	                              .hello = smtp->domain,
	                              .timeout_ms = smtp->timeout_ms};
}

/* ---- channels ---- */

/* What each channel is told of the configuration, for as long as the courier lives. */
struct outward {
	struct mail_settings mail;
	struct smtp_settings more_servers[RELAYS_MOST - 1];
	struct webhook_settings webhook;
	struct notify_settings text, email;
	struct courier_channel channels[COURIER_CHANNELS_MOST];
	size_t channel_count; /* 0: nobody is sent anything (shadow) */
	instant go_live;      /* as configured now; the courier looks at it */
};

/* Beside mail always: a reload may name the first webhook. */
static const void *webhook_of(struct outward *outward, const struct config *config, int *lines)
{
	const struct config_webhook *webhook = &config->webhook;
	if (!config_sends_by(config, CHANNEL_EMAIL) && !config_sends_by(config, CHANNEL_WEBHOOK))
		return NULL;
	outward->webhook = (struct webhook_settings){.http = {.ca_file = webhook->ca_file,
	                                                      .inside = webhook->inside == WEBHOOK_INSIDE_YES,
	                                                      .timeout_ms = webhook->timeout_ms},
	                                             .secret_file = webhook->secret_file,
	                                             .domain = config->smtp.domain};
	*lines = webhook->threads;
	return &outward->webhook;
}

static struct notify_settings notify_of(const struct config *config, bool email)
{
	const struct config_notify *notify = &config->notify;
	/* The address is the configuration's own: it may be a stand-in on this machine. */
	return (struct notify_settings){
		.http = {.ca_file = notify->ca_file, .inside = true, .timeout_ms = notify->timeout_ms},
		.url = notify->url,
		.key_file = notify->key_file,
		.template = email ? notify->email_template : notify->text_template,
		.sender = email ? notify->reply_to : notify->sender,
		.domain = config->smtp.domain};
}

static const void *text_of_notify(struct outward *outward, const struct config *config, int *lines)
{
	if (!config->notify.key_file || !config->notify.text_template)
		return NULL;
	outward->text = notify_of(config, false);
	*lines = config->notify.threads;
	return &outward->text;
}

static const void *email_of_notify(struct outward *outward, const struct config *config, int *lines)
{
	if (!config->notify.key_file || !config->notify.email_template || config->smtp.host)
		return NULL;
	outward->email = notify_of(config, true);
	*lines = config->notify.threads;
	return &outward->email;
}

static const void *mail_of(struct outward *outward, const struct config *config, int *lines)
{
	const struct config_smtp *smtp = &config->smtp;
	if (!smtp->host)
		return NULL;
	for (size_t i = 0; i < smtp->relay_count; i++)
		outward->more_servers[i] = server_of(smtp, smtp->relays[i].host, smtp->relays[i].port);
	outward->mail = (struct mail_settings){.server = server_of(smtp, smtp->host, smtp->port),
	                                       .from = smtp->from,
	                                       .from_name = smtp->from_name,
	                                       .domain = smtp->domain,
	                                       .more = outward->more_servers,
	                                       .more_count = smtp->relay_count,
	                                       .relays = smtp->relay_count ? relays_new() : NULL,
	                                       .bounce_address = smtp->bounce_address,
	                                       .bounce_key_file = smtp->bounce_key_file};
	*lines = smtp->threads;
	return &outward->mail;
}

/* What the daemon can send by, in the order in which they are asked for an address: a new channel is a row, and what it
 * is told of the configuration. `settings`: NULL where the configuration does not name it. */
static const struct channel_row {
	const struct channel *channel;
	const void *(*settings)(struct outward *outward, const struct config *config, int *lines);
} channel_rows[] = {
	{&channel_webhook, webhook_of},
	{&channel_notify_text, text_of_notify},
	{&channel_notify_email, email_of_notify},
	{&channel_mail, mail_of},
};
_Static_assert(sizeof channel_rows / sizeof channel_rows[0] <= COURIER_CHANNELS_MOST, "room for each");

static size_t channels_of(struct outward *outward, const struct config *config)
{
	size_t count = 0;
	for (size_t i = 0; i < sizeof channel_rows / sizeof channel_rows[0]; i++) {
		struct courier_channel channel = {.channel = channel_rows[i].channel};
		channel.settings = channel_rows[i].settings(outward, config, &channel.lines);
		if (channel.settings)
			outward->channels[count++] = channel;
	}
	return count;
}

const struct mail_settings *council_mail(const struct council *council)
{
	return council->outward ? &council->outward->mail : NULL;
}

size_t council_channels(const struct council *council)
{
	return council->outward ? council->outward->channel_count : 0;
}

/* ---- in force, start and stop ---- */

void council_use_courier(struct council *council)
{
	const struct edition *edition = council->edition;
	const struct config *config = edition->config;
	council->outward->go_live = config->go_live;
	courier_use(council->courier, config->directory, config->rules, config->calendar);
	courier_use_templates(council->courier, edition->templates);
	courier_use_words(council->courier, config->council, edition->keys);
	courier_use_caps(council->courier, config->notify.texts_an_hour, config->notify.same_texts_an_hour);
	courier_reopen(council->courier);
}

static void wake(struct council *council, bool stored)
{
	if (stored && council->courier)
		courier_wake(council->courier);
}

/* Fenced, another daemon tells them: what is under way is broken off. */
void council_stop_courier(struct council *council)
{
	if (council->courier)
		courier_stop(council->courier,
		             council->status == EXIT_FENCED ? 0 : council_patience(council, GRACE_MS));
	courier_free(council->courier);
	council->courier = NULL;
	if (council->outward)
		relays_free(council->outward->mail.relays);
	free(council->outward);
	council->outward = NULL;
}

enum result council_start_courier(struct council *council, struct fault *fault)
{
	const struct config *config = council->first;
	struct outward *outward = council->outward = MEM_NEW(struct outward);
	*outward = (struct outward){.go_live = config->go_live};
	outward->channel_count = council->seams.channels ? council->seams.channels(council, outward->channels)
	                                                 : channels_of(outward, config);
	struct courier_settings settings = {
		.store = council->store,
		.ops = council->ops,
		.loop = council->daemon->loop,
		.by_hand = council->seams.courier_by_hand,
		.clock = &council->daemon->clock,
		.directory = config->directory,
		.rules = config->rules,
		.calendar = config->calendar,
		.templates = council->edition->templates,
		.go_live = &outward->go_live,
		.answer_url = config->answer_url,
		.link_keys = council->edition->keys,
		.council = config->council,
		.texts_an_hour = config->notify.texts_an_hour,
		.same_texts_an_hour = config->notify.same_texts_an_hour,
		.gate = cell_gate(council),
		.channels = outward->channels,
		.channel_count = outward->channel_count,
		.context = council,
		.render = message_render,
		.list = council_render_list,
		.list_name = council_list_name,
		.list_next = council_list_next,
		.nobody = on_nobody,
		.fatal = on_fatal,
		.linked = on_linked,
	};
	enum result result = courier_new(&settings, &council->courier, fault);
	if (result == RESULT_OK)
		council_follow(council, wake);
	if (result == RESULT_OK && !outward->channel_count)
		log_notice("no mail server is configured: nobody is sent anything (shadow)");
	return result;
}
