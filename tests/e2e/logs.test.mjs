// The logs: each request can be found, and no secret can.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, logIn, newcomer, signUp, stack, stranger, uniqueName } from './support/api.mjs';

const folder = join(stack.folder, 'log');
const logs = () => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);

test('a request is found by its id, in the log of nginx and of the worker', async () => {
    const alice = await newcomer('alice');
    const { request_id: id } = (await alice.get('/users/nobody-at-all')).json();
    await eventually('both logs have it', 5, () => logs().filter(([, text]) => text.includes(id)).length === 2);
    const [line] = logs()
        .find(([name]) => name.startsWith('api'))[1]
        .split('\n')
        .filter((text) => text.includes(id));
    for (const part of [/\b404\b/, /users\/\{user_name\}|users\/nobody-at-all/, /GET/]) assert.match(line, part);
});

test('no password, token, cookie, text, name of a reader or e-mail address is in any log', async () => {
    const secrets = ['text', 'url', 'caption', 'key', 'mail', 'wrong'].map((hint) => uniqueName(`secret-${hint}`));
    const [text, url, caption, key, mail, wrong] = secrets;
    const person = await signUp('alice', { email: `${mail}@example.org` });
    const [alice, bob] = [await logIn(person), await newcomer('bob')];
    await alice.send({ recipient: bob.name, type: 'text', text }, { headers: [['Idempotency-Key', key]] });
    await alice.send({
        recipient: bob.name,
        type: 'image',
        url: `https://example.org/${url}`,
        width: 1,
        height: 1,
        text: caption,
    });
    await alice.call('POST', '/messages', {
        urlencoded: [
            ['recipient', bob.name],
            ['type', 'text'],
            ['text', text],
        ],
    });
    await alice.call('POST', '/messages', {
        raw: `{"text":"${text}"`,
        headers: [['Content-Type', 'application/json']],
    });
    await stranger.post('/sessions', { user_name: person.name, password: wrong });
    await bob.read(`/messages?between=${alice.name},${bob.name}`);
    const { request_id: last } = (await bob.get('/nothing')).json();
    await eventually(
        'the logs are complete',
        5,
        () => logs().filter(([, content]) => content.includes(last)).length === 2,
    );
    const hidden = {
        ...secrets,
        password: person.password,
        token: alice.sessionToken,
        signature: alice.sessionToken.split('.')[2],
        query: `between=${alice.name}`,
    };
    for (const [name, content] of logs()) {
        for (const [what, secret] of Object.entries(hidden))
            assert.equal(content.includes(secret), false, `${what} (${secret}) is in ${name}`);
    }
});
