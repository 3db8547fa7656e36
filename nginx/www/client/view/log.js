// The log of a conversation: the messages of the window that is loaded, and those on their way. It loads more while it is scrolled, holds its
// place when that comes in, and stays at the newest message when it is there.

import { h, hidden, icon, iconButton, labelledIcon, setChildren } from '../dom.js';
import { formatDay, t } from '../text.js';
import { messageContent, messageTime } from './message.js';
import { problemText } from './problem.js';

const nearEdge = 800; // pixels from either end at which more is loaded
const atBottom = 60; // pixels from the end that still count as being there

export class Log {
    #chat;
    #thread;
    #callbacks;
    #elements = new Map(); // number or key → { element, state }
    #days = new Map(); // day → its heading
    #following = true;
    #firstUnread;
    #resizes = new ResizeObserver(() => this.#settle());

    #scroller = h('div', {
        class: 'log',
        role: 'log',
        'aria-live': 'off', // new messages are announced one by one, and not what scrolling back brings
        tabindex: '0',
        onscroll: () => this.#scrolled(),
        onkeydown: (event) => this.#key(event),
        onfocusin: (event) => this.#offerActions(event.target),
        onpointerover: (event) => this.#offerActions(event.target),
        onpointerleave: () => this.#withdrawActions(),
    });
    #jump = h('button', { type: 'button', class: 'jump', hidden: true, onclick: () => this.#jumpToNewest() });
    #actions = h(
        'div',
        { class: 'actions' },
        iconButton('edit', t('message.edit'), { onclick: () => this.#act('onEdit') }),
        iconButton('delete', t('message.delete'), { onclick: () => this.#act('onDelete') }),
    );

    /** callbacks: onEdit(message), onDelete(message), onSeen() when the newest is on the screen, onLeave() on Escape. */
    constructor(chat, thread, callbacks) {
        this.#chat = chat;
        this.#thread = thread;
        this.#callbacks = callbacks;
        this.#scroller.setAttribute('aria-label', t('thread.log'));
        this.element = h('div', { class: 'log-frame' }, this.#scroller, this.#jump);
        this.#resizes.observe(this.#scroller);
    }

    close() {
        this.#resizes.disconnect();
    }

    /** Whether the newest message is on the screen. */
    get isFollowing() {
        return this.#following && this.#thread.isAtEnd;
    }

    /** Goes to the newest message with the next rendering. */
    follow() {
        this.#following = true;
    }

    /** The newest message of mine that is loaded and not deleted. */
    lastOwn() {
        return this.#thread.messages.findLast(({ sender, deleted_at }) => sender === this.#chat.me.user_name && !deleted_at);
    }

    render() {
        const { inbox, me, outbox } = this.#chat;
        const thread = this.#thread;
        if (!thread.loaded) return;
        const conversation = inbox.find(thread.other);
        if (conversation && this.#firstUnread === undefined) {
            this.#firstUnread = conversation.unread ? conversation.my_read_seq + 1 : Infinity;
        }
        const anchor = this.#following ? undefined : this.#anchor();
        const children = [];
        let day;
        const used = new Set();
        const addDay = (date) => {
            const text = date.toDateString();
            if (text === day) return;
            day = text;
            children.push(this.#dayHeading(text, date));
        };
        for (const message of thread.messages) {
            if (message.created_at) addDay(new Date(message.created_at)); // a deleted one doesn't say when it was written
            if (message.seq === this.#firstUnread) children.push(this.#unreadLine);
            const mine = message.sender === me.user_name;
            const read = mine && message.seq <= (conversation?.their_read_seq ?? 0);
            children.push(this.#keep(used, message.seq, message, `${read}${message.edited_at}${message.deleted_at}`, () => this.#message(message, mine, read)));
        }
        if (thread.isAtEnd) {
            for (const item of outbox.to(thread.other)) {
                if (!day) addDay(new Date(item.written_at));
                children.push(this.#keep(used, item.key, undefined, item.state, () => this.#pending(item)));
            }
        }
        if (!children.length) children.push(this.#emptyLine);
        for (const key of this.#elements.keys()) if (!used.has(key)) this.#elements.delete(key);
        setChildren(this.#scroller, children);
        if (anchor) this.#scroller.scrollTop += anchor.element.getBoundingClientRect().top - anchor.top;
        this.#settle();
    }

    #unreadLine = h('p', { class: 'first-unread' }, h('span', {}, t('thread.first-unread')));
    #emptyLine = h('p', { class: 'nothing' }, t('thread.empty'));

    #dayHeading(text, date) {
        if (!this.#days.has(text)) this.#days.set(text, h('h3', { class: 'day' }));
        const heading = this.#days.get(text);
        heading.textContent = formatDay(date);
        return heading;
    }

    /** The element of a key, made anew only where its state is another one; the focus stays with it. */
    #keep(used, key, message, state, make) {
        used.add(key);
        const known = this.#elements.get(key);
        if (known?.state === state) {
            known.message = message;
            return known.element;
        }
        const made = make();
        if (known) {
            const hadFocus = known.element.contains(document.activeElement);
            known.element.className = made.className;
            known.element.replaceChildren(...made.childNodes);
            if (hadFocus) known.element.focus({ preventScroll: true });
        }
        const element = known?.element ?? made;
        this.#elements.set(key, { element, state, message });
        return element;
    }

    #message(message, mine, read) {
        const mark = t(read ? 'message.read' : 'message.sent');
        return h(
            'article',
            { class: mine ? 'message mine' : 'message', tabindex: '-1', 'data-seq': message.seq },
            hidden(mine ? t('message.me') : t('message.them', { name: message.sender })),
            messageContent(message),
            h('p', { class: 'time' }, messageTime(message), mine && !message.deleted_at && h('span', { class: read ? 'mark read' : 'mark', title: mark }, labelledIcon(read ? 'read' : 'sent', mark))),
        );
    }

    /** A message that is on its way, or was refused. */
    #pending(item) {
        const { state, problem, content } = item;
        const retry = () => this.#chat.outbox.retry(item);
        const discard = () => this.#chat.outbox.discard(item);
        return h(
            'article',
            { class: `message mine pending ${state}`, tabindex: '-1' },
            hidden(t('message.me')),
            messageContent(content),
            h('p', { class: 'time', role: state === 'sending' ? undefined : 'status' }, state === 'sending' ? t('message.sending') : t(`message.${state}`, { why: problem ? problemText(problem) : '' })),
            state !== 'sending' &&
                h(
                    'p',
                    { class: 'buttons' },
                    h('button', { type: 'button', class: 'quiet', onclick: retry }, t('message.retry')),
                    h('button', { type: 'button', class: 'quiet', onclick: discard }, t('message.discard')),
                ),
        );
    }

    // ---- Scrolling

    /** The first message on the screen and where it is, to hold on to while others come in above. */
    #anchor() {
        const { top } = this.#scroller.getBoundingClientRect();
        for (const element of this.#scroller.children) {
            const box = element.getBoundingClientRect();
            if (box.bottom > top && element.matches('.message')) return { element, top: box.top };
        }
        return undefined;
    }

    #distanceToEnd() {
        return this.#scroller.scrollHeight - this.#scroller.scrollTop - this.#scroller.clientHeight;
    }

    /** After the content or the room for it has changed. */
    #settle() {
        if (this.#following && this.#thread.isAtEnd) this.#scroller.scrollTop = this.#scroller.scrollHeight;
        this.#look();
    }

    #scrolled() {
        this.#following = this.#thread.isAtEnd && this.#distanceToEnd() < atBottom;
        this.#look();
    }

    /** Loads what is nearly on the screen, and says what is seen. */
    #look() {
        const thread = this.#thread;
        if (!thread.loaded || !this.#scroller.isConnected) return;
        const ignore = () => {}; // scrolling on, or catching up, asks again
        if (this.#scroller.scrollTop < nearEdge && !thread.isAtStart) thread.loadOlder()?.catch(ignore);
        else if (this.#distanceToEnd() < nearEdge) thread.loadNewer()?.catch(ignore);
        this.#showJump();
        if (this.isFollowing) this.#callbacks.onSeen();
    }

    #showJump() {
        const { inbox } = this.#chat;
        const unread = inbox.find(this.#thread.other)?.unread ?? 0;
        this.#jump.hidden = this.isFollowing;
        const text = unread ? t('thread.jump-unread', { count: unread }) : t('thread.jump');
        if (this.#jump.textContent !== text) this.#jump.replaceChildren(icon('down'), text);
    }

    async #jumpToNewest() {
        this.#following = true;
        if (this.#thread.isAtEnd) this.#settle();
        else await this.#thread.openNewest().catch(() => {});
        this.#scroller.focus();
    }

    // ---- Keyboard, and what can be done with a message

    #key(event) {
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        const current = event.target.closest('.message');
        const messages = [...this.#scroller.querySelectorAll('.message')];
        const at = messages.indexOf(current);
        let next;
        if (event.key === 'ArrowUp') next = current ? messages[at - 1] : messages.at(-1);
        else if (event.key === 'ArrowDown') next = current && messages[at + 1];
        else if (event.key === 'Escape') this.#callbacks.onLeave();
        else return;
        event.preventDefault();
        next?.focus({ preventScroll: true });
        next?.scrollIntoView({ block: 'nearest' });
    }

    #messageOf(element) {
        return [...this.#elements.values()].find((known) => known.element === element)?.message;
    }

    /** Puts the buttons beside the message that is pointed at or has the focus, if it is mine. */
    #offerActions(target) {
        const element = target.closest('.message');
        if (!element || this.#actions.parentNode === element) return;
        if (this.#actions.contains(document.activeElement) && this.#actions.parentNode?.isConnected) return;
        const message = this.#messageOf(element);
        this.#withdrawActions();
        if (message?.sender !== this.#chat.me.user_name || message.deleted_at) return;
        element.append(this.#actions);
    }

    #withdrawActions() {
        if (!this.#actions.contains(document.activeElement)) this.#actions.remove();
    }

    #act(callback) {
        const message = this.#messageOf(this.#actions.closest('.message'));
        this.#actions.closest('.message').focus({ preventScroll: true });
        this.#callbacks[callback](message);
    }
}
