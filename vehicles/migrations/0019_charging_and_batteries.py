import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0018_trip_edited_at")]
    operations = [
        migrations.AddConstraint(
            model_name="energyprice",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                expressions=[("vehicle", "="), ("owner_epoch", "="), ("currency", "<>")],
                name="the_prices_of_a_vehicle_are_in_one_currency",
            ),
        ),
        migrations.AddField(
            model_name="chargingsession",
            name="said_place",
            field=models.CharField(
                blank=True,
                default="",
                help_text="home or away, by the owner's word on this charge alone",
                max_length=4,
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="chargingsession",
            constraint=models.CheckConstraint(
                condition=models.Q(("said_place__in", ["", "home", "away"])),
                name="a_charge_is_at_home_or_away_or_unsaid",
            ),
        ),
        migrations.AddField(
            model_name="batteryhealth",
            name="parked_until",
            field=models.DateTimeField(help_text="up to here parked stretches of this owner are known", null=True),
        ),
        migrations.CreateModel(
            name="ParkedStretch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("owner_epoch", models.PositiveIntegerField()),
                ("since", models.DateTimeField(help_text="moment of the first level")),
                ("until", models.DateTimeField(help_text="moment of the last level")),
                ("before_pct", models.FloatField()),
                ("after_pct", models.FloatField()),
                ("celsius", models.FloatField(help_text="mean of the air outside, where it was told", null=True)),
                (
                    "vehicle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parked_stretches",
                        to="vehicles.vehicle",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("until__gt", models.F("since"))), name="a_parked_stretch_lasts"
                    ),
                    models.UniqueConstraint(fields=("vehicle", "since"), name="a_parked_stretch_is_told_once"),
                ]
            },
        ),
        migrations.CreateModel(
            name="PeerMedian",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("make", models.CharField(max_length=60)),
                ("model", models.CharField(max_length=80)),
                ("band", models.CharField(help_text="age of the model year", max_length=24)),
                ("simulated", models.BooleanField()),
                ("median_pct", models.PositiveSmallIntegerField()),
                ("owners", models.PositiveIntegerField(help_text="whole tens")),
                (
                    "members",
                    django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                ),
                ("computed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("make", "model", "band", "simulated"), name="like_cars_have_one_median"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("owners__gte", 10)), name="a_median_is_of_ten_owners_or_more"
                    ),
                ]
            },
        ),
    ]
