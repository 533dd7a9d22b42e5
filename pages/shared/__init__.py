"""Parts of pages that several pages share. No page stands here."""
