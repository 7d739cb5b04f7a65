// The pages work without this. It saves a click where nothing is left to decide.
"use strict";

// An answer that the browser posts to the application.
const send = document.getElementById("send");
if (send) send.submit();

// Asks a page's status, first after two seconds and then ever more seldom, until `isOver` says so.
const watch = (address, isOver, growth = 1) => {
  let wait = 2000;
  const look = async () => {
    // A network that is gone for a moment comes back, and so does a server.
    const answer = await fetch(address, { headers: { accept: "application/json" } }).catch(() => null);
    const isGone = answer && answer.status >= 400 && answer.status < 500 && answer.status !== 429;
    if (isGone || (answer?.ok && isOver(await answer.json()))) return;
    wait = Math.min(wait * growth, 30000);
    setTimeout(look, wait);
  };
  setTimeout(look, wait);
};

// The page of the sign-in notices when the agent has signed.
const go = document.getElementById("continue");
if (go) watch(go.dataset.status, ({ signed }) => signed && (go.submit(), true));

// The page of a claim notices when the agent has answered.
const waiting = document.getElementById("waiting");
if (waiting) watch(waiting.dataset.status, ({ status }) => status !== "pending" && (location.reload(), true));

// The page of a shadow claim notices when the agent has answered, and when it is paid. People may take their time.
const standing = document.getElementById("standing");
if (standing) {
  const { status: address, now } = standing.dataset;
  const next = new URL(standing.querySelector("a").href);
  watch(address, ({ status }) => status !== now && (location.replace(next), true), 1.2);
}

// How long is left.
const left = document.getElementById("left");
if (left) {
  const show = () => {
    const seconds = Math.max(0, Math.round((Date.parse(left.dataset.until) - Date.now()) / 1000));
    left.textContent = `, ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
  };
  show();
  setInterval(show, 1000);
}

// Buttons that copy what stands beside them.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const copied = navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = await copied.then(() => "Copied", () => "Not copied");
  });
}
