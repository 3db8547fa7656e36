#include "handlers/plain_notices.hpp"

#include <array>
#include <string_view>

namespace sotto {

namespace {

struct Notice {
    std::string_view id; ///< what was done, <field>-<code>, or the slug of a problem
    std::string_view text;
};

constexpr std::array notices{
    Notice{"recipient-required", "Say whom the message is for."},
    Notice{"recipient-too_long", "There is no such user: a user name has at most 32 characters."},
    Notice{"recipient-invalid",
           "That is nobody you can write to: check the user name, and note that it can't be your own."},
    Notice{"user-not-found", "There is no such user."},
    Notice{"type-required", "Choose text, image or video."},
    Notice{"type-invalid", "Choose text, image or video."},
    Notice{"text-required", "Write something."},
    Notice{"text-too_long", "A text has at most 4,000 characters."},
    Notice{"text-invalid", "That text can't be sent."},
    Notice{"url-required", "Give the link of the image or video."},
    Notice{"url-too_long", "A link has at most 2,048 characters."},
    Notice{"url-invalid", "That is no link that starts with http:// or https://, or it stands where only a text goes."},
    Notice{"width-required", "Give the image's width."},
    Notice{"width-wrong_type", "A width is a whole number of pixels."},
    Notice{"width-out_of_range", "A width is 1 to 65,535 pixels."},
    Notice{"width-invalid", "Only an image has a width."},
    Notice{"height-required", "Give the image's height."},
    Notice{"height-wrong_type", "A height is a whole number of pixels."},
    Notice{"height-out_of_range", "A height is 1 to 65,535 pixels."},
    Notice{"height-invalid", "Only an image has a height."},
    Notice{"duration_s-required", "Give the video's length."},
    Notice{"duration_s-wrong_type", "A length is a whole number of seconds."},
    Notice{"duration_s-out_of_range", "A length is 1 to 604,800 seconds."},
    Notice{"duration_s-invalid", "Only a video has a length."},
    Notice{"source-too_long", "A source has at most 32 characters."},
    Notice{"source-invalid",
           "A source is made of the letters a to z, digits, dots, dashes and underscores, and only a video has one."},
    Notice{"cross-origin", "That form was not sent from this site, so nothing was done."},
    Notice{"malformed-request", "The form could not be read. Try again."},
    Notice{"unsupported-media", "The form could not be read. Try again."},
    Notice{"body-too-large", "That is too much for one message."},
    Notice{"validation", "Something in the form is not as it should be."},
    Notice{"idempotency-key-reuse",
           "That form has been sent before with other content. Load the page again, then send."},
    Notice{"idempotency_key-invalid", "The form could not be read. Load the page again, then send."},
    Notice{"idempotency_key-too_long", "The form could not be read. Load the page again, then send."},
    Notice{"sender-not-caller", "You can send in your own name only."},
    Notice{"blocked", "The two of you can't write to each other at present."},
    Notice{"not-found", "There is nothing at that address."},
    Notice{"unavailable", "The service is busy or restarting. Wait a moment, then try again."},
    Notice{"internal", "Something went wrong on our side. Try again."},
};

} // namespace

void append_plain_notices(Html& html) {
    html.markup(R"(<p class="notice good" id="sent" role="status" tabindex="-1">Your message has been sent.</p>)"
                "\n");
    for (const Notice& notice : notices) {
        html.markup(R"(<p class="notice" id=")").text(notice.id).markup(R"(" role="status" tabindex="-1">)");
        html.text(notice.text).markup("</p>\n");
    }
}

} // namespace sotto
