// Runs before the page is painted: somebody who was logged in last time sees no log-in form while the client starts.
if (localStorage.getItem('sotto/user')) document.documentElement.classList.add('known');
