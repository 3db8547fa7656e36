// `sottoctl doctor` on the running stack: it finds nothing wrong with what works, and what was broken where it was.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { eventually, newcomer, stack, stranger } from './support/api.mjs';
import { service, sql } from './support/stack.mjs';

const run = join(stack.folder, 'run');
const environment = {
    ...process.env,
    SOTTO_CONFIG: join(stack.folder, 'no.conf'),
    SOTTO_URL: stack.url,
    SOTTO_CERTIFICATE: join(stack.folder, 'tls/localhost.crt'),
    SOTTO_DB_SOCKET: join(run, 'mariadb.sock'),
    SOTTO_NOTICE_SOCKET: join(run, 'notice.sock'),
    SOTTO_HUB_SOCKET: join(run, 'hub.sock'),
};

function doctor() {
    const { status, stdout } = spawnSync(join(dirname(stack.dev), 'build/release/bin/sottoctl'), ['doctor', '--json'], {
        env: environment,
        encoding: 'utf8',
        timeout: 120_000,
    });
    return { status, ...JSON.parse(stdout) };
}

/** What a check found, as "level: text" each. */
const found = (report, check) =>
    report.checks.filter((finding) => finding.check === check).map(({ level, text }) => `${level}: ${text}`);

const ready = async () => (await stranger.get('/readyz', { root: true }).catch(() => undefined))?.status === 200;

/** What the whole database holds, without the marks that move by themselves. */
const census = () =>
    sql(`SELECT (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM sessions), (SELECT COUNT(*) FROM conversations),
         (SELECT COUNT(*) FROM messages)`);

describe('on a stack that works', () => {
    test('it sees every part, and leaves nothing behind', () => {
        const before = census();
        const report = doctor();
        for (const check of ['schema', 'strict mode', 'durability', 'hub', 'end to end']) {
            assert.deepEqual(
                // Everybody here comes from this machine, which is what one proxy for all looks like.
                found(report, check).filter((text) => !/^ok: |sessions come from 127\.0\.0\.1/.test(text)),
                [],
                check,
            );
        }
        assert.equal(found(report, 'end to end').length, 4);
        assert.match(found(report, 'end to end')[0], /event stream\) has its first event after \d+ ms/);
        assert.match(found(report, 'end to end')[1], /WebSocket\) has its first event after \d+ ms/);
        assert.match(found(report, 'tls').join('\n'), /warning: the certificate is self-signed/);
        assert.match(found(report, 'tls').join('\n'), /ok: the certificate is good for \d+ more days/);
        assert.deepEqual(census(), before);
    });
});

describe('on one that does not', () => {
    const site = join(stack.folder, 'nginx/sotto.conf');
    const restartNginx = async () => {
        service('restart', 'nginx');
        await eventually('nginx answers again', 20, ready);
    };

    after(async () => {
        service('up', 'hub');
        await eventually('the hub answers', 20, () => found(doctor(), 'hub')[0].startsWith('ok'));
    });

    test('a hub that is down', () => {
        service('down', 'hub');
        const report = doctor();
        assert.equal(report.status, 3);
        assert.match(found(report, 'hub')[0], /^problem: it does not answer/);
        assert.match(found(report, 'end to end').join('\n'), /problem: a live connection \(event stream\) gets no event/);
        service('up', 'hub');
    });

    test('a proxy that holds live connections back', async () => {
        copyFileSync(site, `${site}.before`);
        try {
            const text = readFileSync(site, 'utf8');
            assert.ok(text.includes('proxy_buffering off;'));
            // Away with the hub's own word on it too, as a proxy further out would do.
            writeFileSync(site, text.replace('proxy_buffering off;', 'proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;'));
            await restartNginx();
            const report = doctor();
            assert.equal(report.status, 3);
            assert.match(found(report, 'end to end').join('\n'), /problem: a live connection \(event stream\) gets no event/);
        } finally {
            copyFileSync(`${site}.before`, site);
            await restartNginx();
        }
    });

    test('everybody under one address, as a proxy makes it', async () => {
        await Promise.all(Array.from({ length: 10 }, () => newcomer('proxied')));
        assert.match(
            found(doctor(), 'end to end').join('\n'),
            /warning: all \d+ sessions come from 127\.0\.0\.1, which must be a proxy/,
        );
    });

    test('a wrong idea of where clients are', async () => {
        copyFileSync(site, `${site}.before`);
        try {
            const text = readFileSync(site, 'utf8');
            const address = /(?<=fastcgi_param REMOTE_ADDR +)\$remote_addr/g;
            assert.match(text, address);
            writeFileSync(site, text.replace(address, '198.51.100.7'));
            await restartNginx();
            assert.match(found(doctor(), 'end to end').join('\n'), /warning: a request from this machine was seen as one from '198\.51\.100\.7'/);
        } finally {
            copyFileSync(`${site}.before`, site);
            await restartNginx();
        }
    });
});
