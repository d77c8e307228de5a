/* options_channels: the rows of the options for what is sent and what comes back; part of the table in options.c. */
#include "config/options.h"

#include <stddef.h>

#define IN(member) offsetof(struct config, member)

const struct config_option options_of_channels[] = {
	{.name = "smtp.relays",
         .kind = CONFIG_TEXT,
         .offset = IN(smtp.relays_text),
         .least = 1,
         .most = 800,
         .help = "At most 3 further mail servers, HOST or HOST:PORT with blanks between them, in the order in which "
                 "they "
                 "are tried where those before them are down. TLS, user and password are those of smtp.host, the port "
                 "too "
                 "where none is named."},
	{.name = "smtp.bounces",
         .kind = CONFIG_PATH,
         .offset = IN(smtp.bounces),
         .help = "A Maildir, or a directory, into which the mail server puts what comes back: what did not arrive is "
                 "then "
                 "told another way. Without it nobody looks at what comes back."},
	{.name = "smtp.bounce-address",
         .kind = CONFIG_MAIL,
         .offset = IN(smtp.bounce_address),
         .least = 3,
         .most = 200,
         .help = "What comes back comes to addresses made of this one, with + and a signed number of the message "
                 "before "
                 "the @; the mail server puts them all into smtp.bounces. At most 17 characters before the @. Without "
                 "it "
                 "mail comes back to smtp.from."},
	{.name = "smtp.bounce-key-file",
         .kind = CONFIG_SECRET,
         .offset = IN(smtp.bounce_key_file),
         .help = "The file with the key that those addresses are signed with, 16 to 512 characters on its first line."},
	{.name = "notify.email-template",
         .kind = CONFIG_NAME,
         .offset = IN(notify.email_template),
         .least = 36,
         .most = 36,
         .help = "The id of the email template in Notify, with the subject ((subject)) and the body ((text)). Email "
                 "then goes "
                 "by Notify where there is no smtp.host."},
	{.name = "notify.reply-to",
         .kind = CONFIG_NAME,
         .offset = IN(notify.reply_to),
         .least = 36,
         .most = 36,
         .help = "The id of the reply-to address in Notify. Without it the service's default."},
	{.name = "notify.callback-token-file",
         .kind = CONFIG_SECRET,
         .offset = IN(notify.callback_file),
         .help = "The file with the bearer token that Notify's calls carry, at least 16 characters on its first line. "
                 "Without "
                 "it Notify is asked what became of a message, and calls are refused."},
	{.name = "notify.texts-an-hour",
         .kind = CONFIG_NUMBER,
         .offset = IN(notify.texts_an_hour),
         .least = 1,
         .most = 1000,
         .fallback = "60",
         .reloadable = true,
         .help = "Texts to one phone within an hour; networks block beyond. One that is held back goes by the person's "
                 "other "
                 "channel, else the next step is told; critical ones are not held back by others."},
	{.name = "notify.same-texts-an-hour",
         .kind = CONFIG_NUMBER,
         .offset = IN(notify.same_texts_an_hour),
         .least = 1,
         .most = 1000,
         .fallback = "20",
         .reloadable = true,
         .help = "The same for texts with the same words, critical ones too."},
};
const size_t options_of_channels_count = sizeof options_of_channels / sizeof *options_of_channels;
