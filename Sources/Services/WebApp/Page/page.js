// Starts the parts of the page. Each is a room of its own, and goes on when another fails.

import { onOutage } from "./api.js";
import { startCalls } from "./calls.js";
import { startClock } from "./clock.js";
import { startComparison } from "./comparison.js";
import { announce, byId, setNotice } from "./elements.js";
import { startServices } from "./services.js";
import { startSession } from "./session.js";
import { startUsers } from "./users.js";

let isGone = false;
onOutage(isOut => {
  if (isOut === isGone) return;
  isGone = isOut;
  setNotice(byId("outage"), isOut ? "webapp does not answer. This page tries again by itself." : null);
  if (!isOut) announce("webapp answers again.");
});

startSession();
startClock();
startServices();
startComparison();
startCalls();
startUsers();
