// BiGAN-QP and its two rivals without a server: the way from one digit to another, the reader's own or those of random codes.
GalleryLive.tab("bigan-qp", "interpolate", async (inputs, tools) => {
  const standardised = inputs.model === "o-gan"; // its encoder's raw output, which is standardised here, serves its own page too
  const weights = `${inputs.model}-${await tools.table("data")}`, encoder = standardised ? "code" : "encode";
  return GalleryLive.morph(inputs, tools, { weights, encoder, standardised, image: (end) => `${end}_digit` });
});
