"""Notices: the bell in the page, and webhooks with their deliveries. They are written below, in store/notices.py."""
