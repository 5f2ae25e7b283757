"""Lists of any length, read page by page without counting them."""

from rest_framework.pagination import CursorPagination


class CursorPage(CursorPagination):
    """Newest first. `next` and `previous` are complete addresses; rows that arrive meanwhile shift no page."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 500
    ordering: str | tuple[str, ...] = "-pk"
    cursor_query_description = "Taken from `next` or `previous` of another page; opaque."
    page_size_query_description = "Rows per page, at most 500."
