"use strict";
// One switch over all kinds: show only those with a wrong verdict.
const only = document.getElementById("only-wrong");
only.addEventListener("change", () => document.body.classList.toggle("only-wrong", only.checked));
