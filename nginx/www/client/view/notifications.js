// The browser's notifications, for messages that come while the page is hidden. Nobody is asked but by a click in the settings.

import { isolate, t } from '../text.js';
import { summary } from './message.js';
import { nameOf } from './user.js';

const name = 'sotto/notifications';

/** 'on', 'off', 'denied' (by the browser) or 'unsupported'. */
export function notificationState() {
    if (!('Notification' in window)) return 'unsupported';
    if (Notification.permission === 'denied') return 'denied';
    return Notification.permission === 'granted' && localStorage.getItem(name) === 'on' ? 'on' : 'off';
}

/** Call on a click. Resolves with whether notifications are on now, which the first one says. */
export async function turnOn() {
    if ((await Notification.requestPermission()) !== 'granted') return false;
    try {
        new Notification(t('app.title'), { body: t('notifications.on'), icon: '/icon.svg' });
    } catch {
        return false; // some phones' browsers leave them to service workers
    }
    localStorage.setItem(name, 'on');
    return true;
}

export function turnOff() {
    localStorage.removeItem(name);
}

/** Shows a message of `userName`, if the page is hidden and notifications are on. A click leads to the conversation. */
export function notify(chat, userName, message) {
    if (!document.hidden || notificationState() !== 'on') return;
    const other = chat.inbox.find(userName)?.with ?? { display_name: userName };
    const notification = new Notification(t('notification.title', { name: nameOf(other) }), {
        body: isolate(summary(message, false)),
        tag: `sotto/${userName}`,
        icon: '/icon.svg',
    });
    notification.onclick = () => {
        window.focus();
        location.hash = `#/with/${encodeURIComponent(userName)}`;
        notification.close();
    };
}
