// What must have been run, and what can't be.

/** Of all lines, this part. */
export const neededLines = 0.9;

/** Files, and folders, in which each side of each branch is taken by some test, but for what follows. */
export const whole = [
    'auth/',

    // Request parsing.
    'worker/accept.cpp',
    'worker/fastcgi.cpp',
    'worker/fields.cpp',
    'worker/form.cpp',
    'worker/json.cpp',
    'worker/query.cpp',
    'worker/router.cpp',
    'worker/utf8.cpp',
    'handlers/content_fields.cpp',
    'handlers/user_fields.cpp',

    // Paging.
    'db/conversations.cpp',
    'db/messages.cpp',
    'handlers/conversations.cpp',
    'handlers/cursor.hpp',
    'handlers/list_messages.cpp',
    'handlers/message_query.cpp',
];

/** Branches there that no test can take: the condition as it is written, the side, and why. */
export const unreachable = [
];
