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
    // The kernel, or a disk, would have to fail.
    ...[
        ['auth/keys.cpp', 'fstat(from.get(), &status) != 0', 'true', 'of an open descriptor'],
        ['auth/keys.cpp', 'n < 0', 'true', 'a read of a regular file fails with its disk'],
        ['auth/keys.cpp', 'errno != EINTR', 'true', 'as before'],
        ['auth/keys.cpp', 'errno != EINTR', 'false', 'only some network file systems are interrupted'],
        ['auth/keys.cpp', 'n == 0', 'true', 'somebody would have to cut the file short between two system calls'],
        ['auth/keys.cpp', 'flock(folder_descriptor.get(), LOCK_EX) != 0', 'true', 'the kernel lacks memory'],
        ['auth/keys.cpp', 'fsync(folder_descriptor.get()) != 0', 'true', 'a disk that fails'],
        ['auth/keys.cpp', 'fsync(descriptor_.get()) != 0', 'true', 'a disk that fails'],
        ['auth/keys.cpp', 'fchmod(descriptor_.get(), mode) != 0', 'true', 'of a file just made and given away'],
        ['auth/keys.cpp', 'rename(path_.c_str(), target_.c_str()) != 0', 'true', 'in a folder just written to'],
        ['auth/random.cpp', 'sodium_init() < 0', 'true', 'a kernel without random bytes'],
        ['worker/fastcgi.cpp', 'FCGX_Init() != 0', 'true', 'libfcgi lacks memory at its start'],
        [
            'worker/fastcgi.cpp',
            'FCGX_InitRequest(&state_->request, listening_socket, FCGI_FAIL_ACCEPT_ON_INTR) != 0',
            'true',
            'always 0 after FCGX_Init',
        ],
        ['worker/fastcgi.cpp', 'case EMFILE', 'false', 'none of the following happens'],
        ['worker/fastcgi.cpp', 'default', 'true', 'another worker would have to be quicker by microseconds'],
        ['worker/fastcgi.cpp', 'case ENFILE', 'true', 'the whole machine would be out of files'],
        ['worker/fastcgi.cpp', 'case ENOMEM', 'true', 'the kernel would be out of memory'],
        ['worker/fastcgi.cpp', 'case EBADF', 'true', 'the listener has checked its socket'],
        ['worker/fastcgi.cpp', 'case EINVAL', 'true', 'the listener has checked its socket'],
        ['worker/fastcgi.cpp', 'case ENOTSOCK', 'true', 'the listener has checked its socket'],
    ],

    // A second line of defence behind what was checked before.
    ...[
        [
            'worker/form.cpp',
            'cgi.getElements().size() != form->fields',
            'true',
            'cgicc would have to misread a checked form',
        ],
        [
            'worker/json.cpp',
            '!reader->parse(text.data(), text.data() + text.size(), &value, &errors)',
            'true',
            'jsoncpp would have to refuse what our stricter grammar takes',
        ],
        ['db/messages.cpp', ':', 'false', 'a procedure would have to answer an outcome that sql/ does not know'],
    ],

    // `good || fail(why)`: fail() says false, always.
    ...[
        ['worker/json.cpp', 'fail("nothing more expected")', 'true', 'says false, always'],
        ['worker/json.cpp', `fail("',' or '}' expected")`, 'true', 'says false, always'],
        ['worker/json.cpp', `fail("',' or ']' expected")`, 'true', 'says false, always'],
        ['worker/json.cpp', 'fail_at(start, "a number that a double can\'t hold")', 'true', 'says false, always'],
    ],

    // Only root can make a file that somebody else may read and not give away.
    ...(process.getuid() === 0
        ? []
        : [['auth/keys.cpp', 'fchown(descriptor_.get(), owner, group) != 0', 'true', 'no test that is not root']]),
].map(([file, code, side, why]) => ({ file, code, side, why }));
