import sys

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.contrib.auth.signals import user_logged_in
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

RECURSION_LIMIT = 1000


class DimoConfig(AppConfig):
    name = "dimo"
    verbose_name = "People and access"
    default = True

    def ready(self) -> None:
        import eth_account  # noqa: F401 - see below

        import dimo.celery  # noqa: F401 - so that web processes and shells send hints to our broker, not to a default one
        from dimo import tenancy
        from dimo.pages import navigation
        from dimo.users.operators import grant_after_migrate

        # Importing eth_account raises the limit to 100,000 (py_ecc does it); then deep JSON ends the process instead
        # of raising RecursionError. Nothing of ours needs it.
        sys.setrecursionlimit(RECURSION_LIMIT)
        # Permissions of an app exist only after its tables: `migrate` asks once per app.
        connection_created.connect(tenancy.watch, dispatch_uid="tenancy")
        user_logged_in.connect(tenancy.signed_in, dispatch_uid="tenancy")
        post_migrate.connect(grant_after_migrate, dispatch_uid="operators")
        navigation.register_audience(
            "operator", label=_("Operations"), order=40, home="admin:index", has=lambda user: user.is_staff
        )
        navigation.register(audience="operator", label=_("Operations"), url_name="admin:index", icon="gauge", order=10)


class OperationsConfig(admin_apps.AdminConfig):
    default = False
    default_site = "dimo.admin_site.OperationsSite"
