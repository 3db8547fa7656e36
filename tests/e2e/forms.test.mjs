// Plain HTML forms, and pages of other sites that would like to send some.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import {
    assertProblem,
    Client,
    logIn,
    newcomer,
    scratchFile,
    signUp,
    stack,
    stranger,
    uniqueName,
} from './support/api.mjs';

const password = 'long enough, surely';
const shown = new Set();

/** Fails unless the answer to a form leads to this notice; which page it is on, the last tests look at. */
function assertNotice(answer, notice) {
    assert.equal(answer.status, 303, String(answer));
    const [page, fragment] = answer.header('Location').split('#');
    assert.equal(fragment, notice);
    assert.match(page, /^\/(plain(\/[a-z0-9_.-]+)?)?$/);
    shown.add(`${page.replace(/^\/plain.*/, '/plain')}#${notice}`);
}

function assertLoggedIn(answer) {
    assert.equal(answer.status, 303, String(answer));
    assert.equal(answer.header('Location'), '/plain');
}

for (const encoding of ['urlencoded', 'multipart']) {
    describe(`${encoding} forms`, () => {
        let bob, alice;
        const post = (client, path, fields, options) =>
            client.call('POST', path, { [encoding]: Object.entries(fields), ...options });
        const total = async () => (await bob.read(`/messages?with=${alice.name}&page=1`)).total;

        before(async () => {
            bob = await newcomer('bob');
        });

        test('sign-up, log-in, send, log-out', async () => {
            alice = new Client({ jar: scratchFile('jar') });
            alice.name = uniqueName('alice');
            assertNotice(
                await post(alice, '/users', { user_name: alice.name, password, display_name: 'Alice 🦊', email: '' }),
                'signed-up',
            );
            assertLoggedIn(await post(alice, '/sessions', { user_name: alice.name, password }));
            assert.equal((await alice.read('/users/me')).display_name, 'Alice 🦊');
            assertNotice(
                await post(alice, '/messages', {
                    recipient: bob.name,
                    type: 'text',
                    text: 'a & b = c + d; 50% 🦊\nשלום',
                }),
                'sent',
            );
            assertNotice(
                await post(alice, '/messages', {
                    recipient: bob.name,
                    type: 'image',
                    url: 'https://example.org/a?b=c&d=e',
                    width: '640',
                    height: '480',
                    text: '',
                    duration_s: '',
                    source: '',
                }),
                'sent',
            );
            assertNotice(
                await post(alice, '/messages', {
                    recipient: bob.name,
                    type: 'video',
                    url: 'https://youtu.be/x',
                    duration_s: '212',
                }),
                'sent',
            );
            const { messages } = await bob.read(`/messages?with=${alice.name}&order=asc`);
            assert.deepEqual(
                messages.map(({ type, text, url, width, height, duration_s, source }) => [
                    type,
                    text,
                    url,
                    width,
                    height,
                    duration_s,
                    source,
                ]),
                [
                    ['text', 'a & b = c + d; 50% 🦊\nשלום', undefined, undefined, undefined, undefined, undefined],
                    ['image', undefined, 'https://example.org/a?b=c&d=e', 640, 480, undefined, undefined],
                    ['video', undefined, 'https://youtu.be/x', undefined, undefined, 212, 'youtube'],
                ],
            );
            const out = await post(alice, '/sessions/current/delete', { x: '' });
            assertNotice(out, 'logged-out');
            assert.match(out.header('Set-Cookie') ?? '', /^__Host-session=;.*Max-Age=0/i);
            assertProblem(await alice.get('/users/me'), 401, 'unauthenticated');
            assertLoggedIn(await post(alice, '/sessions', { user_name: alice.name, password }));
        });

        test('what is wrong is said on a page', async () => {
            const table = [
                ['/users', { user_name: alice.name, password }, 'user-name-taken'],
                ['/users', { user_name: '', password }, 'user_name-required'],
                ['/users', { user_name: 'a b', password }, 'user_name-invalid'],
                ['/users', { user_name: 'x'.repeat(33), password }, 'user_name-too_long'],
                ['/users', { user_name: uniqueName('x'), password: 'short' }, 'password-too_short'],
                ['/users', { user_name: uniqueName('x'), password: 'password1' }, 'password-too_common'],
                [
                    '/users',
                    { user_name: uniqueName('x'), password, display_name: 'x'.repeat(65) },
                    'display_name-too_long',
                ],
                ['/users', { user_name: uniqueName('x'), password, email: 'nobody' }, 'email-invalid'],
                ['/sessions', { user_name: alice.name, password: 'not hers, surely' }, 'invalid-credentials'],
                ['/sessions', { user_name: alice.name, password: '' }, 'password-required'],
                ['/messages', { recipient: 'nobody-at-all', type: 'text', text: 'x' }, 'user-not-found'],
                ['/messages', { recipient: '', type: 'text', text: 'x' }, 'recipient-required'],
                ['/messages', { recipient: alice.name, type: 'text', text: 'x' }, 'recipient-invalid'],
                ['/messages', { recipient: bob.name, type: '', text: 'x' }, 'type-required'],
                ['/messages', { recipient: bob.name, type: 'text', text: '' }, 'text-required'],
                ['/messages', { recipient: bob.name, type: 'text', text: 'x'.repeat(4001) }, 'text-too_long'],
                [
                    '/messages',
                    { recipient: bob.name, type: 'image', url: 'ftp://x', width: '1', height: '1' },
                    'url-invalid',
                ],
                [
                    '/messages',
                    { recipient: bob.name, type: 'image', url: 'https://x', width: 'wide', height: '1' },
                    'width-wrong_type',
                ],
                [
                    '/messages',
                    { recipient: bob.name, type: 'image', url: 'https://x', width: '0', height: '1' },
                    'width-out_of_range',
                ],
                ['/messages', { recipient: bob.name, type: 'video', url: 'https://x' }, 'duration_s-required'],
                ['/messages', { recipient: bob.name, sender: bob.name, type: 'text', text: 'x' }, 'sender-not-caller'],
            ];
            const before = await total();
            for (const [path, fields, notice] of table) assertNotice(await post(alice, path, fields), notice);
            assert.equal(await total(), before);
        });

        test('with no session it is a notice as well', async () => {
            assertNotice(
                await post(stranger, '/messages', { recipient: bob.name, type: 'text', text: 'x' }),
                'unauthenticated',
            );
            assertNotice(await post(stranger, '/sessions/current/delete', { x: '' }), 'unauthenticated');
        });

        test('a hidden field keeps a double click from sending twice', async () => {
            const before = await total();
            const idempotency_key = uniqueName('k');
            const send = (text) =>
                post(alice, '/messages', { recipient: bob.name, type: 'text', text, idempotency_key });
            assertNotice(await send('twice'), 'sent');
            assertNotice(await send('twice'), 'sent');
            assertNotice(await send('other'), 'idempotency-key-reuse');
            assert.equal(await total(), before + 1);
        });

        test('a form and JSON with one key are one message', async () => {
            const key = uniqueName('k');
            const fields = { recipient: bob.name, type: 'image', url: 'https://example.org/', width: 1, height: 2 };
            assertNotice(await post(alice, '/messages', { ...fields, idempotency_key: key }), 'sent');
            const answer = await alice.post('/messages', fields, { headers: [['Idempotency-Key', key]] });
            assert.equal(answer.status, 200, String(answer));
        });

        test('text comes through byte for byte', async () => {
            for (const text of [
                '𝄞🦊',
                'שלום مرحبا',
                'e\u0301',
                ' blanks ',
                '"quotes"; name="x"',
                '--',
                'a=b&c=d',
                '%41+%2B',
            ]) {
                assertNotice(await post(alice, '/messages', { recipient: bob.name, type: 'text', text }), 'sent');
                assert.equal((await bob.read(`/messages?with=${alice.name}&page=1&per_page=1`)).messages[0].text, text);
            }
        });

        test("a browser's Accept is no matter", async () => {
            const headers = [['Accept', 'text/html,application/xhtml+xml;q=0.9']];
            assertNotice(
                await post(alice, '/messages', { recipient: bob.name, type: 'text', text: 'x' }, { headers }),
                'sent',
            );
        });

        test('fields in the query are not fields', async () => {
            const answer = await post(alice, `/messages?recipient=${bob.name}`, { type: 'text', text: 'x' });
            assert.equal(answer.status, 303);
            assert.doesNotMatch(answer.header('Location'), /#sent$/);
        });

        describe('from a page of another site', () => {
            const origin = new URL(stack.url).origin;
            const refused = [
                [['Origin', 'https://evil.example']],
                [['Origin', 'null']],
                [['Origin', origin.replace('https', 'http')]],
                [['Origin', `${origin}.evil.example`]],
                [['Origin', 'https://localhost']],
                [['Sec-Fetch-Site', 'cross-site']],
                [['Sec-Fetch-Site', 'same-site']],
                [
                    ['Sec-Fetch-Site', 'cross-site'],
                    ['Origin', origin],
                ],
                [['Sec-Fetch-Site', 'nonsense']],
            ];
            for (const headers of refused) {
                test(`refused: ${headers.map((header) => header.join(': ')).join(', ')}`, async () => {
                    const before = await total();
                    const victim = uniqueName('victim');
                    assertNotice(
                        await post(
                            alice,
                            '/messages',
                            { recipient: bob.name, type: 'text', text: 'forged' },
                            { headers },
                        ),
                        'cross-origin',
                    );
                    assertNotice(
                        await post(stranger, '/users', { user_name: victim, password }, { headers }),
                        'cross-origin',
                    );
                    const logIn = await post(stranger, '/sessions', { user_name: alice.name, password }, { headers });
                    assertNotice(logIn, 'cross-origin');
                    assert.equal(logIn.header('Set-Cookie'), undefined);
                    assertNotice(await post(alice, '/sessions/current/delete', { x: '' }, { headers }), 'cross-origin');
                    assert.equal((await alice.get('/users/me')).status, 200);
                    assert.equal((await alice.get(`/users/${victim}`)).status, 404);
                    assert.equal(await total(), before);
                });
            }
            const taken = [
                [['Origin', origin]],
                [['Sec-Fetch-Site', 'same-origin']],
                [['Sec-Fetch-Site', 'none']],
                [
                    ['Sec-Fetch-Site', 'same-origin'],
                    ['Origin', 'null'],
                ],
            ];
            for (const headers of taken) {
                test(`taken: ${headers.map((header) => header.join(': ')).join(', ')}`, async () => {
                    assertNotice(
                        await post(
                            alice,
                            '/messages',
                            { recipient: bob.name, type: 'text', text: 'mine' },
                            { headers },
                        ),
                        'sent',
                    );
                });
            }
        });
    });
}

describe('calls from another site', () => {
    const evil = [
        ['Origin', 'https://evil.example'],
        ['Sec-Fetch-Site', 'cross-site'],
    ];

    test('with a cookie every change is refused, and reading is not', async () => {
        const person = await signUp('alice');
        const [alice, bob] = [await logIn(person), await newcomer('bob')];
        const calls = [
            ['POST', '/users', { user_name: uniqueName('x'), password }],
            ['POST', '/sessions', { user_name: person.name, password: person.password }],
            ['POST', '/messages', { recipient: bob.name, type: 'text', text: 'x' }],
            ['PUT', '/users/me/password', { current_password: person.password, new_password: password }],
            ['DELETE', `/sessions/${alice.session.id}`],
            ['DELETE', '/sessions/current'],
            ['POST', '/sessions/current/delete'],
        ];
        for (const headers of [[evil[0]], [evil[1]], [['Origin', 'null']]]) {
            for (const [method, path, json] of calls) {
                assertProblem(await alice.call(method, path, { json, headers }), 403, 'cross-origin');
            }
        }
        assert.equal((await alice.get('/users/me', { headers: evil })).status, 200);
        assert.equal((await bob.read('/messages?box=received')).messages.length, 0);
    });

    test('with a bearer token nothing is refused: no browser sends it by itself', async () => {
        const [alice, bob] = [await logIn(await signUp('alice'), 'token'), await newcomer('bob')];
        await alice.send({ recipient: bob.name, type: 'text', text: 'x' }, { headers: evil });
        assert.equal((await alice.delete('/sessions/current', { headers: evil })).status, 204);
    });
});

describe('multipart that is not a plain form', () => {
    let alice, bob;
    before(async () => {
        [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    });
    const part = (name, value) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const body = (boundary, ...parts) =>
        `${parts.map((text) => `--${boundary}\r\n${text}`).join('')}--${boundary}--\r\n`;
    const send = (type, raw) =>
        alice.call('POST', '/messages', { raw, headers: [['Content-Type', `multipart/form-data${type}`]] });
    const fields = () => [part('recipient', bob.name), part('type', 'text'), part('text', 'hello')];

    test('a quoted boundary is one', async () => {
        assertNotice(await send('; boundary="a b"', body('a b', ...fields())), 'sent');
    });
    const malformed = [
        ['no boundary', '', () => body('x', ...fields())],
        ['another boundary', '; boundary=y', () => body('x', ...fields())],
        ['no end', '; boundary=x', () => body('x', ...fields()).replace('--x--\r\n', '')],
        ['nothing', '; boundary=x', () => ''],
        [
            'a file',
            '; boundary=x',
            () => body('x', ...fields(), 'Content-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nx\r\n'),
        ],
        ['a field twice', '; boundary=x', () => body('x', ...fields(), part('text', 'again'))],
        ['invalid UTF-8', '; boundary=x', () => Buffer.from(body('x', ...fields(), part('source', '\xff')), 'latin1')],
        ['NUL', '; boundary=x', () => body('x', ...fields(), part('source', 'a\0b'))],
        ['33 fields', '; boundary=x', () => body('x', ...Array.from({ length: 33 }, (_, i) => part(`f${i}`, 'x')))],
    ];
    for (const [name, type, raw] of malformed) {
        test(`refused: ${name}`, async () => assertNotice(await send(type, raw()), 'malformed-request'));
    }
    test('another charset', async () => {
        const headers = [['Content-Type', 'application/x-www-form-urlencoded; charset=iso-8859-1']];
        assertNotice(await alice.call('POST', '/messages', { raw: 'text=x', headers }), 'unsupported-media');
    });
});

test('an empty form logs out, as a page with one button sends it', async () => {
    const alice = await newcomer('alice');
    const headers = [['Content-Type', 'application/x-www-form-urlencoded']];
    assertNotice(await alice.call('POST', '/sessions/current/delete', { raw: '', headers }), 'logged-out');
});

test('a call logs out with 204', async () => {
    const alice = await newcomer('alice');
    assert.equal((await alice.call('POST', '/sessions/current/delete')).status, 204);
    assertProblem(await alice.get('/users/me'), 401, 'unauthenticated');
});

test('a form leads back to the page that it stands on', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    const table = [
        ['/messages', { recipient: bob.name, type: 'text', text: 'x' }, `/plain/${bob.name}#sent`],
        ['/messages', { recipient: bob.name.toUpperCase(), type: 'text', text: 'x' }, `/plain/${bob.name}#sent`],
        ['/messages', { recipient: bob.name, type: 'text', text: '' }, `/plain/${bob.name}#text-required`],
        ['/messages', { recipient: '', type: 'text', text: 'x' }, '/plain#recipient-required'],
        ['/messages', { recipient: alice.name, type: 'text', text: 'x' }, '/plain#recipient-invalid'],
        ['/messages', { recipient: uniqueName('nobody'), type: 'text', text: 'x' }, '/plain#user-not-found'],
        [`/conversations/${bob.name}/read`, { seq: 1 }, `/plain/${bob.name}`],
        [`/conversations/${bob.name}/read`, { seq: 0 }, '/#seq-out_of_range'],
        ['/users', { user_name: uniqueName('x'), password: 'short' }, '/#password-too_short'],
    ];
    for (const [path, fields, location] of table) {
        const answer = await alice.call('POST', path, { urlencoded: Object.entries(fields) });
        assert.deepEqual([answer.status, answer.header('Location')], [303, location], path);
    }
});

test('the pages have the forms, and every notice that this file has met', async () => {
    const [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
    const pages = {
        '/': await stranger.plain('GET', '/'),
        '/plain': await alice.plain('GET', `/plain/${bob.name}`),
    };
    const forms = {
        '/': ['/api/v1/users', '/api/v1/sessions'],
        '/plain': ['/api/v1/messages'],
    };
    for (const [path, page] of Object.entries(pages)) {
        assert.equal(page.status, 200);
        assert.match(page.header('Content-Type'), /^text\/html; ?charset=utf-8$/i);
        for (const action of forms[path]) assert.match(page.text(), new RegExp(`<form[^>]*action="${action}"`), action);
        for (const notice of shown) {
            const [where, id] = notice.split('#');
            if (where === path) assert.match(page.text(), new RegExp(`id="${id}"`), notice);
        }
        assert.doesNotMatch(page.text(), /\son\w+=|style=|<script(?! [^>]*src=)/i, 'the CSP allows none of it');
    }
    assert.ok(shown.size > 20);
});
