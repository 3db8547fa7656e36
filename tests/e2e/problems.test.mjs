// Everything that is refused before a call is understood, each in the documented form.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { assertInvalid, assertProblem, newcomer, signUp, stranger } from './support/api.mjs';
import { document, methodsOf } from './support/contract.mjs';

const jsonType = [['Content-Type', 'application/json']];
let alice, bob;

before(async () => {
    [alice, bob] = [await newcomer('alice'), await newcomer('bob')];
});

describe('404: no such path', () => {
    const paths = [
        '/',
        '/nothing',
        '/user',
        '/users/',
        '/users/a/b',
        '/users/me/',
        '/messages/',
        '/messages/1-1/x',
        '/sessions/',
        '/sessions/current/delete/x',
        '/../v2/users',
        '/users/%2e%2e/me/x',
    ];
    for (const path of paths) {
        for (const method of ['GET', 'POST', 'DELETE']) {
            test(`${method} /api/v1${path}`, async () => {
                assertProblem(await alice.call(method, path), 404, 'not-found');
            });
        }
    }

    test('beside the API', async () => {
        for (const path of ['/api', '/api/', '/api/v2/users', '/api/v1', '/index.php', '/.git/config', '/nothing']) {
            assertProblem(await stranger.get(path, { root: true }), 404, 'not-found');
        }
    });

    test('HEAD has no body', async () => {
        const answer = await alice.call('HEAD', '/nothing');
        assert.equal(answer.status, 404);
        assert.equal(answer.body.length, 0);
    });
});

describe('404: no such thing', () => {
    test('user', async () => assertProblem(await alice.get('/users/nobody-at-all'), 404, 'user-not-found'));
    test('not even a user name', async () => assertProblem(await alice.get('/users/a%20b'), 404, 'user-not-found'));
    test('session', async () => assertProblem(await alice.delete(`/sessions/${'0'.repeat(32)}`), 404, 'not-found'));
    for (const id of ['0', 'x'.repeat(32), '0'.repeat(31), 'A'.repeat(32)]) {
        test(`session ${id}`, async () => assertProblem(await alice.delete(`/sessions/${id}`), 404, 'not-found'));
    }
    test('recipient', async () => {
        const answer = await alice.post('/messages', { recipient: 'nobody-at-all', type: 'text', text: 'x' });
        assertProblem(answer, 404, 'user-not-found');
    });
    test('the other of a conversation', async () => {
        assertProblem(await alice.get(`/messages?between=${alice.name},nobody-at-all`), 404, 'user-not-found');
        assertProblem(await alice.get('/messages?with=nobody-at-all'), 404, 'user-not-found');
    });
});

describe('405 with Allow: another method on a path that is there', () => {
    for (const [template, item] of Object.entries(document.paths)) {
        const allowed = methodsOf(template);
        for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'BREW'].filter(
            (name) => !allowed.includes(name),
        )) {
            test(`${method} ${template}`, async () => {
                const path = template.replace('{user_name}', bob.name).replace('{id}', '0'.repeat(32));
                const answer = await alice.call(method, path, { root: item.servers !== undefined });
                assertProblem(answer, 405, 'method-not-allowed');
            });
        }
    }
});

test('TRACE is refused', async () => {
    const answer = await alice.plain('TRACE', '/api/v1/users/me');
    assertProblem(answer, 405, 'method-not-allowed');
    assert.ok(answer.header('Allow'), 'RFC 9110, 15.5.6 wants Allow');
});

describe('406: an Accept without JSON', () => {
    const refused = [
        'text/html',
        'application/xml',
        'application/json;q=0',
        'text/*',
        'image/png, text/plain;q=0.5',
        'application/json;q=0, */*',
    ];
    for (const accept of refused) {
        test(accept, async () => {
            const answer = await alice.get('/users/me', { headers: [['Accept', accept]] });
            assertProblem(answer, 406, 'not-acceptable');
        });
    }
    const taken = [
        'application/json',
        '*/*',
        'application/*',
        'text/html, */*;q=0.1',
        'application/json; charset=utf-8',
        'APPLICATION/JSON',
        'text/html;q=0.9,application/json;q=0.1',
        null,
        '',
    ];
    for (const accept of taken) {
        test(`200: ${accept === null ? 'none' : JSON.stringify(accept)}`, async () => {
            assert.equal((await alice.get('/users/me', { headers: [['Accept', accept]] })).status, 200);
        });
    }
    test('nothing is changed', async () => {
        const before = (await bob.read(`/messages?with=${alice.name}`)).total;
        const answer = await alice.post(
            '/messages',
            { recipient: bob.name, type: 'text', text: 'x' },
            { headers: [['Accept', 'text/html']] },
        );
        assertProblem(answer, 406, 'not-acceptable');
        assert.equal((await bob.read(`/messages?with=${alice.name}`)).total, before);
    });
});

describe('413: a body beyond 65,536 bytes', () => {
    const big = 'x'.repeat(65537);
    for (const [method, path] of [
        ['POST', '/users'],
        ['POST', '/sessions'],
        ['POST', '/messages'],
        ['PUT', '/users/me/password'],
    ]) {
        test(`${method} ${path}`, async () => {
            assertProblem(await alice.call(method, path, { raw: big, headers: jsonType }), 413, 'body-too-large');
        });
    }
    test('chunked', async () => {
        const headers = [...jsonType, ['Transfer-Encoding', 'chunked']];
        assertProblem(
            await alice.call('POST', '/messages', { raw: big, headers, curl: ['--http1.1'] }),
            413,
            'body-too-large',
        );
    });
    test('a form from a browser gets a page', async () => {
        const headers = [
            ['Content-Type', 'application/x-www-form-urlencoded'],
            ['Accept', 'text/html,*/*;q=0.8'],
        ];
        const answer = await alice.call('POST', '/messages', { raw: `text=${big}`, headers });
        assert.equal(answer.status, 413);
        assert.match(answer.header('Content-Type'), /^text\/html/);
    });
    test('a chunked body within the limit is read', async () => {
        const raw = JSON.stringify({ recipient: bob.name, type: 'text', text: 'in pieces' });
        const headers = [...jsonType, ['Transfer-Encoding', 'chunked']];
        assert.equal((await alice.call('POST', '/messages', { raw, headers, curl: ['--http1.1'] })).status, 201);
    });
});

describe('414, 431 and 400: what no worker gets to see', () => {
    test('a long query', async () => {
        assertProblem(
            await alice.get(`/messages?with=${'x'.repeat(9_000)}`, { curl: ['--http1.1'] }),
            414,
            'uri-too-long',
        );
    });
    test('a long header', async () => {
        const headers = [['X-Long', 'x'.repeat(9_000)]];
        assertProblem(await alice.get('/users/me', { headers, curl: ['--http1.1'] }), 431, 'headers-too-large');
    });
    test('a path with NUL', async () => {
        assertProblem(await alice.get('/users/a%00b'), 400, 'malformed-request');
    });
});

describe('415: a body of another type', () => {
    const calls = () => [
        ['POST', '/users', { user_name: 'x', password: 'long enough, surely' }],
        ['POST', '/sessions', { user_name: 'x', password: 'long enough, surely' }],
        ['POST', '/messages', { recipient: bob.name, type: 'text', text: 'x' }],
        ['PUT', '/users/me/password', { current_password: 'x', new_password: 'long enough, surely' }],
    ];
    const types = [
        null,
        '',
        'text/plain',
        'application/xml',
        'application/json; charset=iso-8859-1',
        'application/problem+json',
        'application',
        'application/json, text/plain',
        'json',
        'multipart/mixed; boundary=x',
    ];
    for (const type of types) {
        test(type === null ? 'no type' : JSON.stringify(type), async () => {
            for (const [method, path, body] of calls()) {
                const answer = await alice.call(method, path, {
                    raw: JSON.stringify(body),
                    headers: [['Content-Type', type]],
                });
                assertProblem(answer, 415, 'unsupported-media');
            }
        });
    }
    test('a body with a Content-Encoding, whatever is in it', async () => {
        const plain = JSON.stringify({ recipient: bob.name, type: 'text', text: 'x' });
        for (const raw of [gzipSync(plain), plain]) {
            const answer = await alice.call('POST', '/messages', {
                raw,
                headers: [
                    ['Content-Type', 'application/json'],
                    ['Content-Encoding', 'gzip'],
                ],
            });
            assertProblem(answer, 415, 'unsupported-media');
            assert.equal(answer.header('Accept-Encoding'), 'identity');
        }
    });
    test('a form where only JSON will do', async () => {
        const urlencoded = [
            ['current_password', 'x'],
            ['new_password', 'long enough, surely'],
        ];
        for (const body of [{ urlencoded }, { multipart: urlencoded }]) {
            assertProblem(await alice.call('PUT', '/users/me/password', body), 415, 'unsupported-media');
        }
    });
    const taken = [
        'application/json',
        'application/json; charset=utf-8',
        'application/json;charset="UTF-8"',
        'Application/JSON',
    ];
    for (const type of taken) {
        test(`201: ${type}`, async () => {
            const raw = JSON.stringify({ recipient: bob.name, type: 'text', text: 'x' });
            assert.equal(
                (await alice.call('POST', '/messages', { raw, headers: [['Content-Type', type]] })).status,
                201,
            );
        });
    }
});

describe('400: not JSON', () => {
    const message = (text) => `{"recipient":"x","type":"text","text":${text}}`;
    const table = [
        ['nothing', ''],
        ['blanks', '  '],
        ['a word', 'hello'],
        ['cut off', '{"recipient":"x"'],
        ['a list', '[]'],
        ['text', '"x"'],
        ['a number', '1'],
        ['null', 'null'],
        ['a comment', '{/* x */}'],
        ['a line comment', '{} // x'],
        ['trailing data', '{}{}'],
        ['trailing comma', '{"type":"text",}'],
        ['a name twice', '{"type":"text","type":"text"}'],
        ['a name twice, once escaped', '{"type":"text","\\u0074ype":"text"}'],
        ['single quotes', "{'type':'text'}"],
        ['a bare name', '{type:"text"}'],
        ['a byte order mark', '\ufeff{}'],
        ['a raw NUL', message('"a\0b"')],
        ['an escaped NUL', message('"a\\u0000b"')],
        ['an escaped NUL in a name', '{"a\\u0000":1}'],
        ['a raw line feed in text', message('"a\nb"')],
        ['half a surrogate pair', message('"\\ud83d"')],
        ['the wrong half', message('"\\ude00\\ud83d"')],
        ['an unknown escape', message('"\\x"')],
        ['a leading zero', '{"width":01}'],
        ['a leading plus', '{"width":+1}'],
        ['a bare point', '{"width":1.}'],
        ['NaN', '{"width":NaN}'],
        ['hexadecimal', '{"width":0x10}'],
        ['invalid UTF-8', Buffer.from([...Buffer.from('{"text":"'), 0xff, ...Buffer.from('"}')])],
        ['an overlong form', Buffer.from([...Buffer.from('{"text":"'), 0xc0, 0xaf, ...Buffer.from('"}')])],
        ['a surrogate in UTF-8', Buffer.from([...Buffer.from('{"text":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')])],
        ['above U+10FFFF', Buffer.from([...Buffer.from('{"text":"'), 0xf4, 0x90, 0x80, 0x80, ...Buffer.from('"}')])],
        ['UTF-8 cut off', Buffer.from([...Buffer.from('{"text":"'), 0xf0, 0x9f, 0x98, ...Buffer.from('"}')])],
        ['1,000 levels', '['.repeat(1000)],
        ['30,000 levels', '['.repeat(30_000) + ']'.repeat(30_000)],
    ];
    for (const [name, raw] of table) {
        test(name, async () => {
            assertProblem(await alice.call('POST', '/messages', { raw, headers: jsonType }), 400, 'malformed-request');
        });
    }

    test('on every call with a body', async () => {
        for (const [method, path] of [
            ['POST', '/users'],
            ['POST', '/sessions'],
            ['PUT', '/users/me/password'],
        ]) {
            assertProblem(await alice.call(method, path, { raw: '{', headers: jsonType }), 400, 'malformed-request');
        }
    });
});

describe('400: not a query', () => {
    for (const query of ['with=%', 'with=%zz', 'with=%ff', 'with=%00', 'with=a&with=b', 'with=%ed%a0%80']) {
        test(query, async () => assertProblem(await alice.get(`/messages?${query}`), 400, 'malformed-request'));
    }
});

describe('the problem types', () => {
    test('a sender that is not the caller', async () => {
        const answer = await alice.post('/messages', {
            recipient: bob.name,
            sender: bob.name,
            type: 'text',
            text: 'x',
        });
        assertProblem(answer, 403, 'sender-not-caller');
    });
    test('a taken user name', async () => {
        const answer = await stranger.post('/users', { user_name: bob.name, password: 'long enough, surely' });
        assertProblem(answer, 409, 'user-name-taken');
    });
    test('a wrong password and an unknown user get the same answer', async () => {
        const erin = await signUp('erin');
        const wrong = await stranger.post('/sessions', { user_name: erin.name, password: 'not hers, surely' });
        const unknown = await stranger.post('/sessions', { user_name: 'nobody-at-all', password: 'not hers, surely' });
        assertProblem(wrong, 401, 'invalid-credentials');
        const { request_id: _, ...first } = wrong.json();
        const { request_id: __, ...second } = unknown.json();
        assert.deepEqual(first, second);
        const names = (answer) => [...answer.headers.keys()].sort();
        assert.deepEqual(names(wrong), names(unknown));
    });

    test('each has its section on the page that it names', async () => {
        const slugs = new Set([...JSON.stringify(document).matchAll(/\/problems#([a-z-]+)/g)].map(([, slug]) => slug));
        for (const slug of [...slugs, 'method-not-allowed']) {
            const page = await stranger.plain('GET', '/problems');
            assert.equal(page.status, 200, String(page));
            assert.match(page.header('Content-Type'), /^text\/html/);
            assert.match(page.text(), new RegExp(`id="${slug}"`), slug);
        }
    });

    test('no two requests share an id', async () => {
        const ids = await Promise.all(
            Array.from({ length: 5 }, async () => (await alice.get('/nothing')).json().request_id),
        );
        assert.equal(new Set(ids).size, 5);
    });

    test('a validation names every field, in words', async () => {
        const answer = await alice.post('/messages', { type: 'image', width: 0 });
        assertInvalid(answer, { recipient: 'required', url: 'required', width: 'out_of_range', height: 'required' });
        for (const { detail } of answer.json().errors) assert.match(detail, /\w+ \w+/);
    });
});

test('HEAD is GET without the body', async () => {
    const paths = [
        '/users/me',
        '/sessions',
        `/users/${bob.name}`,
        `/messages?with=${bob.name}&page=1`,
        `/messages?with=${bob.name}`,
        '/messages?box=sent',
    ];
    for (const path of paths) {
        const [head, get] = [await alice.call('HEAD', path), await alice.get(path)];
        assert.equal(head.status, 200, `${path}\n${head}`);
        assert.equal(head.body.length, 0);
        for (const name of ['Content-Type', 'ETag', 'Link', 'Cache-Control'])
            assert.equal(head.header(name), get.header(name), `${path} ${name}`);
    }
    for (const path of ['/livez', '/readyz'])
        assert.equal((await stranger.call('HEAD', path, { root: true })).status, 200);
});
