"""The room's pages: public ones, the founder's wizard, a steward's desk, joining and leaving, and consent."""
