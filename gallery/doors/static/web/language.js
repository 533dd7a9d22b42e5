// A frame's page knows several languages: the address chooses one before anything else runs.
(() => {
  const all = JSON.parse(document.getElementById("g-sites").textContent);
  const wanted = new URLSearchParams(location.search).get("lang");
  const [first] = Object.keys(all).sort((a, b) => (a === "zh" ? -1 : b === "zh" ? 1 : 0));
  const site = Object.hasOwn(all, wanted) ? all[wanted] : all[first];
  document.documentElement.lang = site.lang === "en" ? "en" : "zh-CN";
  const place = document.createElement("script");
  place.type = "application/json";
  place.id = "g-site";
  place.textContent = JSON.stringify(site);
  document.head.append(place);
})();
