// Profile, password, notifications, devices, blocked people, and one's own data.

import { get, patch, put, remove } from '../api.js';
import { h, labelledIcon } from '../dom.js';
import { forgetAll } from '../model/drafts.js';
import { formatFull, t } from '../text.js';
import { confirm } from './dialog.js';
import { notificationState, turnOff, turnOn } from './notifications.js';
import { problemText, showFieldErrors } from './problem.js';

export class SettingsView {
    #chat;
    #devices = h('ul', { class: 'rows' });
    #blocks = h('ul', { class: 'rows' });
    #notifications = h('div');

    constructor(chat) {
        this.#chat = chat;
        this.element = h(
            'section',
            { class: 'settings', 'aria-labelledby': 'settings' },
            h(
                'header',
                {},
                h('a', { class: 'icon-button back', href: '#/', title: t('thread.back') }, labelledIcon('back', t('thread.back'))),
                h('h2', { id: 'settings', tabindex: '-1' }, t('settings.title')),
                h('button', { type: 'button', class: 'quiet', onclick: () => this.#logOut() }, t('settings.log-out')),
            ),
            h(
                'div',
                { class: 'cards' },
                card('settings.profile', this.#profileForm()),
                card('settings.password', this.#passwordForm()),
                card('settings.notifications', this.#notifications),
                card('settings.devices', this.#devices),
                card('settings.blocks', this.#blocks),
                card('settings.export', h('p', {}, t('settings.export-explanation')), h('p', {}, h('a', { class: 'button', href: '/api/v1/export', download: `sotto-${chat.me.user_name}.ndjson` }, t('settings.export')))),
                card('settings.erase', this.#eraseForm()),
            ),
        );
        this.#showNotifications();
    }

    close() {}

    opened(moveFocus) {
        if (moveFocus) this.element.querySelector('h2').focus();
        this.refresh().catch(() => {}); // catching up repeats it
    }

    async refresh() {
        const [{ sessions }, { blocks }] = await Promise.all([get('/sessions'), get('/blocks')]);
        this.#showDevices(sessions);
        this.#showBlocks(blocks);
    }

    #profileForm() {
        const { me } = this.#chat;
        return form(
            [
                h('p', {}, t('settings.user-name', { name: me.user_name })),
                input('display_name', { value: me.display_name, maxlength: 64, required: true, dir: 'auto', autocomplete: 'name' }),
                input('email', { type: 'email', value: me.email ?? '', maxlength: 254, autocomplete: 'email' }),
            ],
            t('settings.save'),
            async ({ display_name, email }) => {
                Object.assign(me, await patch('/users/me', { display_name, email: email || null }));
                return t('settings.saved');
            },
        );
    }

    #passwordForm() {
        return form(
            [
                input('current_password', { type: 'password', required: true, maxlength: 256, autocomplete: 'current-password' }),
                input('new_password', { type: 'password', required: true, minlength: 8, maxlength: 256, autocomplete: 'new-password' }),
            ],
            t('settings.change-password'),
            async (fields, element) => {
                await put('/users/me/password', fields);
                element.reset();
                this.refresh().catch(() => {});
                return t('settings.password-changed');
            },
        );
    }

    #eraseForm() {
        return form(
            [h('p', {}, t('settings.erase-explanation')), input('password', { type: 'password', required: true, maxlength: 256, autocomplete: 'current-password' })],
            t('settings.erase'),
            async (fields) => {
                if (!(await confirm(t('settings.erase'), t('settings.erase-explanation'), t('settings.erase')))) return '';
                await this.#leave(() => remove('/users/me', fields));
                return '';
            },
            'danger',
        );
    }

    #showNotifications(state = notificationState()) {
        const button = { on: 'off', off: 'on' }[state];
        this.#notifications.replaceChildren(
            h('p', { role: 'status' }, t(`notifications.${state}`)),
            ...(button
                ? [
                      h(
                          'button',
                          {
                              type: 'button',
                              class: 'quiet',
                              onclick: async () => {
                                  if (button === 'off') turnOff();
                                  const failed = button === 'on' && !(await turnOn()) && notificationState() === 'off';
                                  this.#showNotifications(failed ? 'unsupported' : undefined);
                              },
                          },
                          t(`notifications.turn-${button}`),
                      ),
                  ]
                : []),
        );
    }

    #showDevices(sessions) {
        this.#devices.replaceChildren(
            ...sessions.map((session) =>
                row(
                    [
                        h('strong', {}, deviceName(session.user_agent)),
                        session.current && h('span', { class: 'tag' }, t('devices.this')),
                        h('span', { class: 'hint' }, t('devices.about', { time: formatFull(new Date(session.last_seen_at)), ip: session.ip })),
                    ],
                    !session.current && { label: t('devices.revoke'), name: deviceName(session.user_agent), run: () => remove(`/sessions/${session.id}`).then(() => this.refresh()) },
                ),
            ),
        );
    }

    #showBlocks(blocks) {
        this.#chat.setBlocked(blocks.map(({ user_name }) => user_name));
        this.#blocks.replaceChildren(
            ...(blocks.length ? [] : [h('li', { class: 'hint' }, t('blocks.none'))]),
            ...blocks.map(({ user_name, display_name }) =>
                row([h('strong', {}, h('bdi', {}, display_name)), h('span', { class: 'hint' }, `@${user_name}`)], {
                    label: t('block.confirm-unblock'),
                    name: display_name,
                    run: () => remove(`/blocks/${encodeURIComponent(user_name)}`).then(() => this.refresh()),
                }),
            ),
        );
    }

    async #logOut() {
        const end = () =>
            remove('/sessions/current').catch((error) => {
                if (error.isTemporary) throw error;
            });
        await this.#leave(end).catch(() => {}); // still logged in; the banner says why
    }

    /** Ends the session with `call` and leaves nothing of it in this browser; when the call fails, all is as it was. */
    async #leave(call) {
        await this.#chat.endSession(call);
        forgetAll(this.#chat.me);
        this.#chat.logOut();
    }
}

function card(title, ...content) {
    const id = `${title.replace('.', '-')}-title`;
    return h('section', { class: 'card', 'aria-labelledby': id }, h('h3', { id }, t(title)), ...content);
}

function input(name, attributes) {
    const id = `settings-${name}`;
    return h('div', { class: 'field' }, h('label', { for: id }, t(`field.${name}`)), h('input', { id, name, ...attributes }));
}

/** `save` gets the fields and returns what to say when it is done; what is wrong stands by the fields. */
function form(fields, action, save, style) {
    const result = h('p', { role: 'status', class: 'hint' });
    const element = h(
        'form',
        {
            onsubmit: async (event) => {
                event.preventDefault();
                result.textContent = '';
                showFieldErrors(element, []);
                try {
                    result.textContent = await save(Object.fromEntries(new FormData(element)), element);
                } catch (error) {
                    if (!(error.errors ?? []).length || !showFieldErrors(element, error.errors)) result.textContent = problemText(error);
                }
            },
        },
        ...fields,
        h('button', { class: style }, action),
        result,
    );
    return element;
}

/** A row of a list, with at most one thing to do: { label, name: to what, run }. */
function row(content, action) {
    const error = h('span', { class: 'field-error', role: 'alert' });
    const act = () => action.run().catch((problem) => (error.textContent = problemText(problem)));
    return h(
        'li',
        {},
        h('span', { class: 'row-text' }, ...content, error),
        action && h('button', { type: 'button', class: 'quiet', 'aria-label': `${action.label}: ${action.name}`, onclick: act }, action.label),
    );
}

/** What a User-Agent says to a person: 'Firefox, Linux'. */
export function deviceName(userAgent) {
    const find = (list) => list.find(([, pattern]) => pattern.test(userAgent))?.[0];
    const program = find([
        ['Edge', /Edg\//],
        ['Opera', /OPR\//],
        ['Firefox', /Firefox\//],
        ['Chrome', /Chrome\//],
        ['Safari', /Safari\//],
        ['curl', /^curl\//],
    ]);
    const system = find([
        ['Android', /Android/],
        ['iOS', /iPhone|iPad/],
        ['Windows', /Windows/],
        ['macOS', /Mac OS X/],
        ['Linux', /Linux/],
    ]);
    return [program, system].filter(Boolean).join(', ') || userAgent.slice(0, 60) || t('devices.unknown');
}
