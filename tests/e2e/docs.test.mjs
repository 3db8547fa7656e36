// The examples of docs/api.md, run as they stand, but for the users' names.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { document } from './support/contract.mjs';
import { scratchFile, stack, uniqueName } from './support/api.mjs';

const text = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');
const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block);

test('every example in curl gets the answer that the text says', () => {
    const names = Object.fromEntries(['alice', 'bob', 'carol'].map((name) => [name, uniqueName(name)]));
    const [start, ...others] = blocks;
    const examples = [start.replace('./dev up\n', '').replace(/^(base|alias).*\n/gm, ''), ...others]
        .join('\n')
        .replace(/\b(alice|bob|carol)\b/g, (name) => names[name]);
    const folder = scratchFile('docs');
    mkdirSync(folder);
    const script = `
        set -euo pipefail
        base=${stack.url}/api/v1
        api() {
            curl --silent --show-error --cacert '${stack.ca}' --write-out '%{stderr}%{http_code}\\n' "$@" 2>>statuses
        }
        ${examples}`;
    execFileSync('bash', ['-c', script], {
        cwd: folder,
        encoding: 'utf8',
        timeout: 60_000,
        stdio: ['ignore', 'pipe', 'inherit'],
    });
    const statuses = readFileSync(`${folder}/statuses`, 'utf8').trim().split('\n').map(Number);
    const commands = examples.split('\n').filter((line) => /(^|\$\()api /.test(line));
    const got = commands.map((command, i) => [statuses[i], command]);
    const unexpected = got.filter(([status, command]) => status !== expected(command, got));
    assert.deepEqual(unexpected, []);
    assert.equal(statuses.length, commands.length);
    assert.ok(commands.length > 20);
});

/** What the text says about the example. */
function expected(command, all) {
    if (command.includes('ftp://')) return 422;
    if (command.includes('If-None-Match')) return 304;
    if (/ -[dF] type=text/.test(command)) return 303;
    if (command.includes('-X PATCH')) return 200;
    if (/-X (PUT|POST|DELETE)/.test(command)) return 204;
    if (command.includes('Idempotency-Key'))
        return all.find(([, other]) => other.includes('Idempotency-Key'))[1] === command ? 201 : 200;
    return command.includes('--json') ? 201 : 200;
}

test('every call and every problem type is in the text', () => {
    for (const [path, item] of Object.entries(document.paths)) {
        for (const method of ['get', 'put', 'post', 'patch', 'delete'].filter((name) => item[name])) {
            const mention = path === '/sessions/current/delete' ? path : `${method.toUpperCase()} ${path}`;
            assert.ok(text.includes(mention), mention);
        }
    }
    for (const [, slug] of JSON.stringify(document).matchAll(/\/problems#([a-z-]+)/g))
        assert.ok(text.includes(`\`${slug}\``), slug);
});

test('every test and every line that docs/security.md names is there', () => {
    const root = new URL('../../', import.meta.url);
    const security = readFileSync(new URL('docs/security.md', root), 'utf8');
    const cited = [...security.matchAll(/`([\w./-]+)#([^`]+)`/g)];
    const missing = cited.filter(([, file, words]) => {
        try {
            return !readFileSync(new URL(file, root), 'utf8').includes(words.replaceAll('\\|', '|'));
        } catch {
            return true;
        }
    });
    assert.deepEqual(
        missing.map(([citation]) => citation),
        [],
    );
    assert.ok(cited.length > 100);
});
