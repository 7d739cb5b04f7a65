// The pages work without this. It saves a click where nothing is left to decide.
"use strict";

// An answer that the browser posts to the application.
const send = document.getElementById("send");
if (send) send.submit();

// The page of the sign-in notices when the agent has signed.
const go = document.getElementById("continue");
if (go) {
  const look = async () => {
    const answer = await fetch(go.dataset.status, { headers: { accept: "application/json" } });
    if (answer.ok && (await answer.json()).signed) return go.submit();
    if (answer.ok) setTimeout(look, 2000);
  };
  setTimeout(look, 2000);
}
