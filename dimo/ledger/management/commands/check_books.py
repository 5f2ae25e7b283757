"""`manage.py check_books`: prints every contradiction in the ledger; exit code 1 when there is one."""

from django.core.management.base import BaseCommand, CommandError

from dimo.ledger import books


class Command(BaseCommand):
    help = "Check that balances are the sums of their entries and that every journal and asset sums to zero."

    def handle(self, **options: object) -> None:
        found = books.findings()
        for finding in found:
            self.stderr.write(f"{finding.fact}: {finding.subject} ({finding.figure})")
        if found:
            raise CommandError(f"{len(found)} contradictions")
        self.stdout.write("The books balance.")
