"""What drivers call the areas they drive in."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class NamedArea(models.Model):
    """A person's own word for an area of about 5 km²; nobody else reads it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="named_areas")
    cell = models.BigIntegerField(help_text="H3 cell of resolution 7 as its upper 40 bits")
    name = models.CharField(max_length=60)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "cell"], name="an_area_has_one_name")]

    def __str__(self) -> str:
        return self.name
