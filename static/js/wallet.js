/* Linking an Ethereum wallet, or signing in with one (EIP-4361), by whatever wallet the browser has (EIP-6963 or `window.ethereum`).

   <div data-wallet="link|sign-in" data-nonce="…" data-answer="…" data-next="…"> with [data-wallet-list] and [data-wallet-words]

   One button per wallet. It asks the server for a message, lets the wallet sign it, and hands the signature in. */

const CANCELED = 4001; // EIP-1193: the person said no in the wallet

async function post(url, body) {
  const token = JSON.parse(document.body.getAttribute("hx-headers:inherited"))["X-CSRFToken"];
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.detail ?? said.title ?? `The server answered ${answer.status}.`);
  return said;
}

const hex = (text) => `0x${[...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

async function use(box, provider, say) {
  say("Waiting for your wallet.");
  const [address] = await provider.request({ method: "eth_requestAccounts" });
  const chain = Number.parseInt(await provider.request({ method: "eth_chainId" }), 16);
  const purpose = box.dataset.wallet;
  const { message } = await post(box.dataset.nonce, { purpose, address, chain_id: chain });
  const signature = await provider.request({ method: "personal_sign", params: [hex(message), address] });
  const { next } = await post(box.dataset.answer, { message, signature, next: box.dataset.next });
  say("Signed.");
  if (next) location.assign(next);
  else location.reload();
}

function begin(box) {
  const list = box.querySelector("[data-wallet-list]");
  const words = box.querySelector("[data-wallet-words]");
  const known = new Set();
  const say = (text) => (words.textContent = text);

  const offer = (name, provider) => {
    if (known.has(provider)) return;
    if (!known.size) say(words.dataset.ready);
    known.add(provider);
    const button = Object.assign(document.createElement("button"), { type: "button", className: "btn", textContent: `${box.dataset.verb} ${name}` });
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await use(box, provider, say);
      } catch (error) {
        say(error.code === CANCELED ? "Canceled in the wallet. Nothing was changed." : error.message);
      } finally {
        button.disabled = false;
      }
    });
    list.append(button);
  };

  addEventListener("eip6963:announceProvider", ({ detail }) => offer(detail.info.name, detail.provider));
  dispatchEvent(new Event("eip6963:requestProvider"));
  setTimeout(() => {
    if (!known.size && window.ethereum) offer("your wallet", window.ethereum);
    if (!known.size) say(words.dataset.none);
  }, 200);
}

for (const box of document.querySelectorAll("[data-wallet]")) begin(box);
