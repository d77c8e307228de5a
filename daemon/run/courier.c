/* courier: the courier with everything it asks of others. */
#include "run/run_internal.h"

#include "base/log.h"
#include "channel/smtp/verp.h"

_Static_assert(CONFIG_RELAYS_MOST + 1 == RELAYS_MOST, "as many servers as the channel can try");
_Static_assert(CONFIG_BOUNCE_LOCAL_MOST == VERP_LOCAL_MOST, "an address that fits");

static void on_nobody(void *context, struct text alert, int step)
{
	struct daemon *daemon = context;
	struct fault fault = {0};
	enum result result = pipeline_nobody(daemon->pipeline, alert, step, daemon_now(daemon), &fault);
	daemon_after(daemon, result, &fault); /* where it failed, the ladder climbs at its own time */
}

static void on_fatal(void *context, const struct fault *fault)
{
	daemon_after(context, RESULT_PERMANENT, fault);
}

static size_t on_linked(void *context, struct text subject, struct text *ids, size_t room)
{
	const struct daemon *daemon = context;
	const struct text *members;
	/* Where they cannot be read, nor can the child's history: then the message waits. */
	(void)pipeline_learn_links(daemon->pipeline);
	size_t count = pipeline_linked(daemon->pipeline, subject, &members);
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

/* The servers after the first are the daemon's own. */
static struct mail_settings mail_of(struct daemon *daemon, const struct config_smtp *smtp)
{
	for (size_t i = 0; i < smtp->relay_count; i++)
		daemon->more_servers[i] = server_of(smtp, smtp->relays[i].host, smtp->relays[i].port);
	return (struct mail_settings){.server = server_of(smtp, smtp->host, smtp->port),
	                              .from = smtp->from,
	                              .from_name = smtp->from_name,
	                              .domain = smtp->domain,
	                              .more = daemon->more_servers,
	                              .more_count = smtp->relay_count,
	                              .relays = smtp->relay_count ? relays_new() : NULL,
	                              .bounce_address = smtp->bounce_address,
	                              .bounce_key_file = smtp->bounce_key_file};
}

static bool has_webhook(const struct directory *directory)
{
	for (size_t i = 0; i < directory->person_count; i++)
		if (directory->people[i].webhook)
			return true;
	return false;
}

static struct webhook_settings webhook_of(const struct config *config)
{
	return (struct webhook_settings){.http = {.ca_file = config->webhook.ca_file,
	                                          .inside = config->webhook.inside == WEBHOOK_INSIDE_YES,
	                                          .timeout_ms = config->webhook.timeout_ms},
	                                 .secret_file = config->webhook.secret_file,
	                                 .domain = config->smtp.domain};
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

/* What the daemon can send by: one row a channel. */
static size_t channels_of(struct daemon *daemon, const struct config *config, struct courier_channel *channels)
{
	size_t count = 0;
	daemon->mail = mail_of(daemon, &config->smtp);
	daemon->webhook = webhook_of(config);
	daemon->notify = notify_of(config, false);
	daemon->notify_email = notify_of(config, true);
	/* beside mail always: a reload may name the first webhook */
	if (config->smtp.host || config->notify.email_template || has_webhook(config->directory))
		channels[count++] =
			(struct courier_channel){&channel_webhook, &daemon->webhook, config->webhook.threads};
	if (config->notify.key_file && config->notify.text_template)
		channels[count++] =
			(struct courier_channel){&channel_notify_text, &daemon->notify, config->notify.threads};
	if (config->notify.key_file && config->notify.email_template && !config->smtp.host)
		channels[count++] =
			(struct courier_channel){&channel_notify_email, &daemon->notify_email, config->notify.threads};
	if (config->smtp.host)
		channels[count++] = (struct courier_channel){&channel_mail, &daemon->mail, config->smtp.threads};
	return count;
}

enum result daemon_start_courier(struct daemon *daemon, struct fault *fault)
{
	const struct config *config = daemon->first;
	daemon->go_live = config->go_live;
	daemon->channel_count = daemon->seams.channels ? daemon->seams.channels(daemon, daemon->channels)
	                                               : channels_of(daemon, config, daemon->channels);
	struct courier_settings settings = {
		.store = daemon->store,
		.ops = daemon->ops,
		.loop = daemon->loop,
		.clock = &daemon->clock,
		.directory = config->directory,
		.rules = config->rules,
		.calendar = config->calendar,
		.templates = daemon->edition->templates,
		.go_live = &daemon->go_live,
		.answer_url = config->answer_url,
		.link_keys = daemon->edition->keys,
		.council = config->council,
		.texts_an_hour = config->notify.texts_an_hour,
		.same_texts_an_hour = config->notify.same_texts_an_hour,
		.channels = daemon->channels,
		.channel_count = daemon->channel_count,
		.context = daemon,
		.render = message_render,
		.list = daemon_render_list,
		.nobody = on_nobody,
		.fatal = on_fatal,
		.linked = on_linked,
	};
	enum result result = courier_new(&settings, &daemon->courier, fault);
	if (result == RESULT_OK && !daemon->channel_count)
		log_notice("no mail server is configured: nobody is sent anything (shadow)");
	return result;
}
